"""What somebody wants for a while, and the way back to the schedule."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.fleets.model import Override, Power
from signalbox.fleets.schedule.overrides import following_with, forecast, wanted_with
from signalbox.fleets.schedule.transitions import following, transitions, wanted
from signalbox.fleets.spec import Period
from tests.unit.fleet_schedules import NIGHTS, RUNNING, STOPPED, at, schedule, told

FLEET = schedule(NIGHTS)


def override(power: Power, since: str, until: str) -> Override:
    return Override(power=power, since=at(since), until=at(until), reason="release", by="ann")


LATE = override(RUNNING, "2026-11-27 19:00", "2026-11-27 22:00")


def _told(change: Override | None, begin: str, end: str) -> list[str]:
    return told(forecast(FLEET, change, at(begin), at(end)))


def test_without_an_override_the_schedule_is_told() -> None:
    begin, end = at("2026-11-20"), at("2026-11-30")
    assert list(forecast(FLEET, None, begin, end)) == list(transitions(FLEET, begin, end))
    assert wanted_with(FLEET, None, begin) == wanted(FLEET, begin)
    assert following_with(FLEET, None, begin) == following(FLEET, begin)


def test_running_until_ten_tonight() -> None:
    assert _told(LATE, "2026-11-27", "2026-12-01") == [
        "start fri 2026-11-27 08:00",
        "stop fri 2026-11-27 22:00",
        "start mon 2026-11-30 08:00",
        "stop mon 2026-11-30 20:00",
    ]


def test_the_reasons_name_who_and_why_and_what_comes_back() -> None:
    assert wanted_with(FLEET, LATE, at("2026-11-27 21:59")).reason == (
        "override by ann: running until 2026-11-27 22:00 Europe/Paris: release"
    )
    back = following_with(FLEET, LATE, at("2026-11-27 19:00"))
    assert back is not None
    assert back.reason == ("override by ann ends: outside period nights (mon-fri 08:00-20:00 Europe/Paris)")
    assert wanted_with(FLEET, LATE, at("2026-11-27 22:00")) == wanted(FLEET, at("2026-11-27 22:00"))
    assert wanted_with(FLEET, LATE, at("2026-11-27 18:59")).reason.startswith("within period nights")


def test_stopped_this_week() -> None:
    week = override(STOPPED, "2026-11-24 10:00", "2026-11-27 18:00")
    assert _told(week, "2026-11-24", "2026-11-28") == [
        "start tue 2026-11-24 08:00",
        "stop tue 2026-11-24 10:00",
        "start fri 2026-11-27 18:00",
        "stop fri 2026-11-27 20:00",
    ]
    first = following_with(FLEET, week, at("2026-11-24 09:00"))
    assert first is not None
    assert first.reason == "override by ann: stopped until 2026-11-27 18:00 Europe/Paris: release"


def test_running_on_the_weekend_begins_and_ends_by_itself() -> None:
    weekend = override(RUNNING, "2026-11-28 10:00", "2026-11-29 10:00")
    assert _told(weekend, "2026-11-27 12:00", "2026-11-30") == [
        "stop fri 2026-11-27 20:00",
        "start sat 2026-11-28 10:00",
        "stop sun 2026-11-29 10:00",
    ]


@pytest.mark.parametrize(
    ("until", "found"),
    [
        ("2026-11-30 08:00", ["stop mon 2026-11-30 20:00"]),
        ("2026-11-30 20:00", ["stop mon 2026-11-30 20:00"]),
        ("2026-11-30 07:59", ["stop mon 2026-11-30 07:59", "start mon 2026-11-30 08:00"]),
    ],
)
def test_an_override_may_end_where_the_schedule_turns(until: str, found: list[str]) -> None:
    weekend = override(RUNNING, "2026-11-27 20:00", until)
    assert _told(weekend, "2026-11-27 12:00", "2026-11-30 20:01")[: len(found)] == found


def test_an_override_that_wants_what_is_wanted_only_hides() -> None:
    assert _told(override(STOPPED, "2026-11-28", "2026-11-29"), "2026-11-27 21:00", "2026-11-30") == []


def test_one_that_is_over_or_never_begins_changes_nothing() -> None:
    begin, end = at("2026-11-28"), at("2026-12-05")
    never = override(RUNNING, "2026-11-29", "2026-11-29")
    assert list(forecast(FLEET, LATE, begin, end)) == list(transitions(FLEET, begin, end))
    assert list(forecast(FLEET, never, begin, end)) == list(transitions(FLEET, begin, end))
    assert following_with(FLEET, LATE, begin) == following(FLEET, begin)


def test_its_end_is_looked_for_however_far_it_is() -> None:
    long = override(STOPPED, "2026-11-27 21:00", "2028-11-27 12:00")
    assert told(filter(None, [following_with(FLEET, long, at("2026-11-28"))])) == [
        "start mon 2028-11-27 12:00"
    ]


def test_what_only_stops_comes_back_to_the_last_stop() -> None:
    nights = schedule(Period(stop="cron(0 20 * * ? *)"))
    day = override(RUNNING, "2026-11-27 10:00", "2026-11-27 12:00")
    assert told(forecast(nights, day, at("2026-11-27"), at("2026-11-28"))) == [
        "start fri 2026-11-27 10:00",
        "stop fri 2026-11-27 12:00",
        "stop fri 2026-11-27 20:00",
    ]


_HOURS = st.integers(0, 7 * 24 * 4).map(lambda quarter: at("2026-11-23") + quarter * timedelta(minutes=15))


@settings(max_examples=60)
@given(st.sampled_from(Power), _HOURS, _HOURS, _HOURS)
def test_the_forecast_is_what_will_be_wanted(
    power: Power, since: datetime, until: datetime, moment: datetime
) -> None:
    change = Override(power=power, since=since, until=until, reason="r", by="b")
    begin, end = at("2026-11-22"), at("2026-12-02")
    found = list(forecast(FLEET, change, begin, end))
    assert found == sorted(found, key=lambda one: one.at)
    past = [one for one in found if one.at <= moment]
    powers = [wanted_with(FLEET, change, begin).power, *(one.action.power for one in found)]
    assert all(one is not other for one, other in zip(powers, powers[1:], strict=False))
    assert wanted_with(FLEET, change, moment).power is powers[len(past)]
    assert following_with(FLEET, change, moment) == found[len(past)]
