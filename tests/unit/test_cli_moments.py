"""Moments as people write them, read in the zone of a fleet."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox_cli.moments import read_moment
from tests.unit.fleets_as_read import NOW

PARIS = ZoneInfo("Europe/Paris")


def read(text: str, now: datetime = NOW, zone: ZoneInfo = PARIS) -> str:
    return rfc3339(read_moment(text, zone, now)).replace(":00.000Z", "Z")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-30T22:00:00+01:00", "2026-11-30T21:00Z"),
        ("2026-11-30T22:00:00Z", "2026-11-30T22:00Z"),
        ("22:00", "2026-11-27T21:00Z"),
        ("8:00", "2026-11-28T07:00Z"),
        ("17:00", "2026-11-28T16:00Z"),
        ("17:01", "2026-11-27T16:01Z"),
        ("tomorrow", "2026-11-27T23:00Z"),
        ("tomorrow 08:00", "2026-11-28T07:00Z"),
        ("  Tomorrow  08:00 ", "2026-11-28T07:00Z"),
        ("sunday", "2026-11-28T23:00Z"),
        ("SUN 18:00", "2026-11-29T17:00Z"),
        ("friday", "2026-12-03T23:00Z"),
        ("friday 18:00", "2026-11-27T17:00Z"),
        ("friday 16:00", "2026-12-04T15:00Z"),
    ],
)
def test_a_moment_is_the_next_one_in_the_zone(text: str, at: str) -> None:
    assert read(text) == at


def test_tomorrow_is_the_day_after_the_one_in_the_zone() -> None:
    assert read("tomorrow 08:00", zone=ZoneInfo("Pacific/Auckland")) == "2026-11-28T19:00Z"


def test_a_time_that_the_clock_leaves_out_is_the_first_instant_after_the_gap() -> None:
    assert read("sunday 02:30", from_rfc3339("2027-03-27T12:00:00Z")) == "2027-03-28T01:00Z"


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    assert read("sunday 02:30", from_rfc3339("2026-10-24T12:00:00Z")) == "2026-10-25T00:30Z"


@pytest.mark.parametrize(
    "text",
    ["", "soon", "22", "24:00", "10pm", "next sunday", "in 3 h", "sunday sunday", "22:00 sunday", "\x1b"],
)
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 22:00, tomorrow 08:00, .*2026-11-28T17:00\+01:00"):
        read(text)


@pytest.mark.parametrize("text", ["2026-12-24", "2026-12-24T00:00"])
def test_a_date_without_an_offset_is_refused_with_the_one_of_the_zone(text: str) -> None:
    with pytest.raises(ValueError, match=r"in Europe/Paris it is 2026-12-24T00:00\+01:00"):
        read(text)
