"""Periods by cron expressions of AWS."""

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.fleets.model import Wanted
from signalbox.fleets.schedule.cron import read_cron
from signalbox.fleets.schedule.transitions import following, latest, wanted
from signalbox.fleets.spec import Period
from tests.unit.fleet_schedules import RUNNING, STOPPED, at, between, on, schedule, told

STOPS = Period(name="nights", stop="cron(0 20 ? * MON-FRI *)")


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ("* * ? 2026", [30, 31]),
        ("30 * ? *", [30]),
        ("L * ? *", [31]),
        ("LW 1 ? *", [30]),
        ("LW 1 ? 2027", []),
        ("L-1 JAN ? *", [30]),
        ("? * SAT-SUN *", [31]),
        ("? 1 L *", [31]),
        ("? * 6L *", [30]),
        ("? jan fri#5 *", [30]),
        ("31W * ? *", [30]),
        ("31 2-6 ? *", []),
    ],
)
def test_days_are_those_of_aws(days: str, found: list[int]) -> None:
    """Of the end of January 2026: the 31st is a Saturday. `31W` and `LW` are the Friday before, the 30th."""
    expression = read_cron(f"cron(0 8 {days})")
    walls = expression.walls(date(2026, 1, 30), date(2026, 1, 31))
    assert list(walls) == [(date(2026, 1, day), 480) for day in found]


def test_times_are_minutes_of_a_day() -> None:
    walls = read_cron("cron( 0/30 8,20   1 * ? * )").walls(date(2026, 12, 31), date(2027, 1, 31))
    assert list(walls) == [(date(2027, 1, 1), minutes) for minutes in (480, 510, 1200, 1230)]


def test_the_last_working_day_may_be_any_weekday() -> None:
    found = [day for day, _ in read_cron("cron(0 0 LW * ? 2026)").walls(date(2026, 1, 1), date(2027, 12, 31))]
    assert [day.day for day in found] == [30, 27, 31, 30, 29, 30, 31, 31, 30, 30, 30, 31]
    assert {day.weekday() for day in found} <= set(range(5))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 8 * * ? *", "is not a cron expression of AWS: write cron"),
        ("cron(0 8 * * ?)", "is not a cron expression of AWS: write cron"),
        ("rate(5 minutes)", "is not a cron expression of AWS: write cron"),
        ("cron(0 8 * * * *)", "One must be a question mark"),
        ("cron(0 24 * * ? *)", "Invalid hour value '24'"),
        ("cron(*/0 8 * * ? *)", "is not a cron expression of AWS"),
        ("cron(0/30 * * * ? *)", "names 48 moments of a day: name at most 24"),
        ("cron(0 8 31 2,4,6 ? *)", "names a day that no month has: name one that comes"),
        ("cron(0 8 29 2 ? 2026-2027)", "names a day that no month has: name one that comes"),
    ],
)
def test_what_aws_would_refuse_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=".") as refusal:
        read_cron(text)
    assert why in str(refusal.value)


@given(st.lists(st.text("0123456789*?,-/LW#MONFRISATJ", min_size=1, max_size=6), min_size=6, max_size=6))
def test_anything_is_read_or_refused(fields: list[str]) -> None:
    try:
        read_cron(f"cron({' '.join(fields)})")
    except ValueError as refusal:
        assert ": " in str(refusal)


def test_a_pair_runs_from_each_start_to_the_next_stop() -> None:
    pair = Period(name="c", start="cron(0 8 ? * MON-FRI *)", stop="cron(0 20 ? * WED,FRI *)")
    week = schedule(pair)
    assert between(week, "2026-11-23", "2026-11-30") == [
        "start mon 2026-11-23 08:00",
        "stop wed 2026-11-25 20:00",
        "start thu 2026-11-26 08:00",
        "stop fri 2026-11-27 20:00",
    ]
    reason = following(week, at("2026-11-27"))
    assert reason is not None
    assert reason.reason == (
        "period c ends (start cron(0 8 ? * MON-FRI *), stop cron(0 20 ? * WED,FRI *) Europe/Paris)"
    )


def test_of_a_start_and_a_stop_at_once_the_stop_counts() -> None:
    both = schedule(Period(start="cron(0 8 ? * MON,TUE *)", stop="cron(0 8 ? * TUE,WED *)"))
    assert between(both, "2026-11-23", "2026-11-30") == [
        "start mon 2026-11-23 08:00",
        "stop tue 2026-11-24 08:00",
    ]


def test_a_year_may_pass_between_the_two() -> None:
    year = schedule(Period(start="cron(0 8 1 2 ? *)", stop="cron(0 20 LW 12 ? *)"))
    assert wanted(year, at("2026-12-31 19:59")).power is RUNNING
    assert wanted(year, at("2026-12-31 20:00")).power is STOPPED
    assert told(filter(None, [latest(year, at("2027-01-15")), following(year, at("2027-01-15"))])) == [
        "stop thu 2026-12-31 20:00",
        "start mon 2027-02-01 08:00",
    ]


def test_the_leap_day_comes_when_it_comes() -> None:
    leap = schedule(Period(start="cron(0 8 29 2 ? *)", stop="cron(0 20 29 2 ? *)"))
    assert following(leap, at("2026-11-27")) is None
    assert wanted(leap, at("2026-11-27")).power is STOPPED
    assert told(filter(None, [following(leap, at("2027-12-01"))])) == ["start tue 2028-02-29 08:00"]


def test_what_only_stops_is_told_each_time() -> None:
    nights = schedule(STOPS)
    assert between(nights, "2026-11-26", "2026-12-01") == [
        "stop thu 2026-11-26 20:00",
        "stop fri 2026-11-27 20:00",
        "stop mon 2026-11-30 20:00",
    ]
    assert wanted(nights, at("2026-11-28")) == Wanted(
        power=STOPPED, reason="period nights ends (stop cron(0 20 ? * MON-FRI *) Europe/Paris)"
    )


def test_what_only_starts_runs_until_another_period_stops_it() -> None:
    starts = Period(start="cron(0 7 ? * MON-FRI *)")
    apart = schedule(starts, STOPS)
    assert between(apart, "2026-11-27", "2026-11-28") == [
        "start fri 2026-11-27 07:00",
        "stop fri 2026-11-27 20:00",
    ]
    assert wanted(apart, at("2026-11-27 12:00")).power is RUNNING
    assert wanted(apart, at("2026-11-27 21:00")).power is STOPPED
    assert between(schedule(starts, holidays=("2026-11-27",)), "2026-11-27", "2026-11-30") == []


def test_a_single_stop_waits_for_what_another_period_runs() -> None:
    late = schedule(STOPS, on("fri", "18:00", "22:00"), on("mon", "18:00", "20:00"))
    assert between(late, "2026-11-26 12:00", "2026-12-01") == [
        "stop thu 2026-11-26 20:00",
        "start fri 2026-11-27 18:00",
        "stop fri 2026-11-27 22:00",
        "start mon 2026-11-30 18:00",
        "stop mon 2026-11-30 20:00",
    ]


def test_before_anything_was_said_a_fleet_stands_still() -> None:
    never = schedule(Period(name="n", stop="cron(0 8 29 2 ? *)"))
    assert wanted(never, at("2026-11-27")) == Wanted(
        power=STOPPED, reason="outside period n (stop cron(0 8 29 2 ? *) Europe/Paris)"
    )


def test_only_who_has_a_cron_loads_the_library() -> None:
    loaded = "{'aws_croniter', 'dateutil', 'holidays'} & {*sys.modules}"
    program = f"import sys, signalbox.fleets.schedule.overrides; print({loaded})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.stdout.strip()) == ("", "set()")
