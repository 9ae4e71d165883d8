"""Periods, several of them, and the instants at which they begin and end."""

from datetime import UTC, datetime, timedelta

import pytest

from signalbox.fleets.model import Action, Wanted
from signalbox.fleets.schedule.periods import read_days
from signalbox.fleets.schedule.transitions import following, latest, transitions, wanted
from signalbox.fleets.spec import Period
from tests.unit.fleet_schedules import (
    NIGHTS,
    RUNNING,
    STOPPED,
    at,
    between,
    on,
    schedule,
    told,
    weekly,
)

MINUTE = timedelta(minutes=1)


def test_a_fleet_sleeps_at_night_and_on_weekends() -> None:
    assert between(schedule(NIGHTS), "2026-11-26", "2026-12-01") == [
        "start thu 2026-11-26 08:00",
        "stop thu 2026-11-26 20:00",
        "start fri 2026-11-27 08:00",
        "stop fri 2026-11-27 20:00",
        "start mon 2026-11-30 08:00",
        "stop mon 2026-11-30 20:00",
    ]


def test_each_transition_says_which_period_made_it() -> None:
    morning, evening = transitions(schedule(NIGHTS), at("2026-11-27"), at("2026-11-28"))
    assert morning.reason == "period nights begins (mon-fri 08:00-20:00 Europe/Paris)"
    assert evening.reason == "period nights ends (mon-fri 08:00-20:00 Europe/Paris)"
    assert morning.at == datetime(2026, 11, 27, 7, tzinfo=UTC)
    assert morning.at.tzinfo is UTC
    (unnamed,) = transitions(schedule(weekly("mon 08:00", "fri 20:00")), at("2026-11-27"), at("2026-11-30"))
    assert unnamed.reason == "period mon 08:00 to fri 20:00 ends (Europe/Paris)"


def test_begin_counts_and_end_does_not() -> None:
    eight = at("2026-11-27 08:00")
    assert told(transitions(schedule(NIGHTS), eight, eight)) == []
    assert told(transitions(schedule(NIGHTS), eight, eight + MINUTE)) == ["start fri 2026-11-27 08:00"]
    assert told(transitions(schedule(NIGHTS), eight - MINUTE, eight)) == []


def test_moments_of_any_zone_are_taken() -> None:
    elsewhere = at("2026-11-27 07:30").astimezone()
    found = following(schedule(NIGHTS), elsewhere)
    assert found is not None
    assert (found.at.tzinfo, found.at) == (UTC, at("2026-11-27 08:00"))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat,sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("daily", set(range(7))),
        ("Mon-Tue, FRI", {0, 1, 4}),
        ("wed-wed", {2}),
    ],
)
def test_days_are_written_as_lists_and_ranges(text: str, days: set[int]) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize(
    "text", ["", "mo", "monday", "mon-", "-mon", "mon,,tue", "mon-fry", "weekdays", "0-4"]
)
def test_other_days_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a day: write mon, mon-fri, sat,sun or daily"):
        read_days(text)


def test_overnight_belongs_to_the_day_on_which_it_begins() -> None:
    assert between(schedule(on("fri", "20:00", "01:30")), "2026-11-23", "2026-11-30") == [
        "start fri 2026-11-27 20:00",
        "stop sat 2026-11-28 01:30",
    ]


@pytest.mark.parametrize(
    ("end", "stop"),
    [
        ("23:59", "stop fri 2026-11-27 23:59"),
        ("24:00", "stop sat 2026-11-28 00:00"),
        ("00:00", "stop sat 2026-11-28 00:00"),
        ("08:00", "stop sat 2026-11-28 08:00"),
        ("8:01", "stop fri 2026-11-27 08:01"),
    ],
)
def test_a_period_ends_when_it_says_and_no_end_is_missed(end: str, stop: str) -> None:
    found = between(schedule(on("fri", "08:00", end)), "2026-11-23", "2026-11-30")
    assert found == ["start fri 2026-11-27 08:00", stop]


def test_a_week_is_one_period() -> None:
    assert between(schedule(weekly("Mon 08:00", "fri 20:00")), "2026-11-23", "2026-12-01") == [
        "start mon 2026-11-23 08:00",
        "stop fri 2026-11-27 20:00",
        "start mon 2026-11-30 08:00",
    ]


def test_so_is_a_weekend() -> None:
    weekend = schedule(weekly("fri 20:00", "mon 08:00"))
    assert between(weekend, "2026-11-26", "2026-12-03") == [
        "start fri 2026-11-27 20:00",
        "stop mon 2026-11-30 08:00",
    ]
    assert wanted(weekend, at("2026-11-29 12:00")).power is RUNNING


@pytest.mark.parametrize(
    ("begin", "end", "stop"),
    [
        ("mon 08:00", "mon 20:00", "stop mon 2026-11-23 20:00"),
        ("mon 08:00", "mon 24:00", "stop tue 2026-11-24 00:00"),
        ("mon 20:00", "mon 08:00", "stop mon 2026-11-30 08:00"),
        ("mon 08:00", "sun 24:00", "stop mon 2026-11-30 00:00"),
    ],
)
def test_a_weekly_period_lasts_from_minutes_to_a_week(begin: str, end: str, stop: str) -> None:
    found = between(schedule(weekly(begin, end)), "2026-11-23 08:30", "2026-11-30 12:00")
    assert next(one for one in found if one.startswith("stop")) == stop


def test_a_week_without_an_end_makes_no_transitions() -> None:
    always = schedule(weekly("mon 08:00", "mon 08:00"))
    assert following(always, at("2026-11-27")) is None
    assert latest(always, at("2026-11-27")) is None
    assert wanted(always, at("2026-11-27")).power is RUNNING


def test_periods_that_touch_or_overlap_are_one() -> None:
    touching = schedule(on("fri", "08:00", "12:00"), on("fri", "12:00", "16:00"), on("fri", "10:00", "18:00"))
    assert between(touching, "2026-11-23", "2026-11-30") == [
        "start fri 2026-11-27 08:00",
        "stop fri 2026-11-27 18:00",
    ]
    days = schedule(on("daily", "00:00", "24:00"))
    assert between(days, "2026-11-23", "2026-11-30") == []
    assert wanted(days, at("2026-11-27 00:00")).power is RUNNING


def test_the_first_begin_and_the_last_end_are_the_reasons() -> None:
    both = schedule(
        Period(name="late", days="fri", from_="12:00", to="22:00"),
        Period(name="early", days="fri", from_="06:00", to="14:00"),
    )
    begins, ends = transitions(both, at("2026-11-27"), at("2026-11-28"))
    assert begins.reason.startswith("period early begins")
    assert ends.reason.startswith("period late ends")


def test_two_equal_periods_are_one() -> None:
    assert len(between(schedule(NIGHTS, NIGHTS), "2026-11-27", "2026-11-28")) == 2


def test_what_is_wanted_has_its_reason() -> None:
    nights = schedule(NIGHTS)
    within, outside = wanted(nights, at("2026-11-27 08:00")), wanted(nights, at("2026-11-27 20:00"))
    assert within == Wanted(power=RUNNING, reason="within period nights (mon-fri 08:00-20:00 Europe/Paris)")
    assert outside == Wanted(power=STOPPED, reason="outside period nights (mon-fri 08:00-20:00 Europe/Paris)")
    two = schedule(NIGHTS, on("sat", "10:00", "12:00"))
    assert wanted(two, at("2026-11-29")).reason == (
        "outside period nights (mon-fri 08:00-20:00 Europe/Paris), period sat 10:00-12:00 (Europe/Paris)"
    )


def test_what_follows_is_later_and_what_was_latest_is_not() -> None:
    nights = schedule(NIGHTS)
    for moment, previous, next_ in [
        ("2026-11-27 07:59", "stop thu 2026-11-26 20:00", "start fri 2026-11-27 08:00"),
        ("2026-11-27 08:00", "start fri 2026-11-27 08:00", "stop fri 2026-11-27 20:00"),
        ("2026-11-29 12:00", "stop fri 2026-11-27 20:00", "start mon 2026-11-30 08:00"),
    ]:
        assert told(filter(None, [latest(nights, at(moment))])) == [previous]
        assert told(filter(None, [following(nights, at(moment))])) == [next_]


def test_month_ends_and_the_leap_day_are_days() -> None:
    assert between(schedule(on("daily", "20:00", "02:00")), "2028-02-28 12:00", "2028-03-01 12:00") == [
        "start mon 2028-02-28 20:00",
        "stop tue 2028-02-29 02:00",
        "start tue 2028-02-29 20:00",
        "stop wed 2028-03-01 02:00",
    ]
    assert between(schedule(on("daily", "22:00", "00:30")), "2026-12-31 12:00", "2027-01-01 12:00") == [
        "start thu 2026-12-31 22:00",
        "stop fri 2027-01-01 00:30",
    ]


def test_actions_lead_to_what_is_wanted() -> None:
    assert [Action.towards(power).power for power in (RUNNING, STOPPED)] == [RUNNING, STOPPED]
