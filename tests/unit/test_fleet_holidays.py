"""Days on which nothing begins: holidays, and closed calendars."""

from datetime import UTC, date, datetime

import pytest

from signalbox.fleets.schedule.calendar import calendar_ends, schedule_of
from signalbox.fleets.schedule.holidays import days_of, last_day
from signalbox.fleets.schedule.transitions import following, transitions, wanted
from signalbox.fleets.spec import Period
from tests.unit.fleet_schedules import (
    NIGHTS,
    RUNNING,
    STOPPED,
    at,
    between,
    fleet,
    on,
    schedule,
    told,
    weekly,
)

WEEK = weekly("mon 08:00", "fri 20:00")
CLOSED = ((at("2026-11-27 07:00"), at("2026-11-27 12:00")),)


def test_a_fleet_sleeps_on_christmas() -> None:
    nights = schedule(NIGHTS, holidays=("FR",))
    assert between(nights, "2026-12-24", "2026-12-29") == [
        "start thu 2026-12-24 08:00",
        "stop thu 2026-12-24 20:00",
        "start mon 2026-12-28 08:00",
        "stop mon 2026-12-28 20:00",
    ]
    assert wanted(nights, at("2026-12-25 12:00")).reason == "holiday 2026-12-25 (FR)"
    assert wanted(nights, at("2026-12-25 07:00")).reason.startswith("outside period nights")
    assert wanted(nights, at("2026-12-25 20:00")).reason.startswith("outside period nights")


def test_a_date_is_a_holiday_of_its_own() -> None:
    nights = schedule(NIGHTS, holidays=("FR", "2026-11-27", "2026-12-25"))
    assert wanted(nights, at("2026-11-27 12:00")).reason == "holiday 2026-11-27"
    assert wanted(nights, at("2026-12-25 12:00")).reason == "holiday 2026-12-25 (FR)"


def test_what_has_begun_before_the_holiday_goes_on_to_its_end() -> None:
    overnight = schedule(on("daily", "20:00", "06:00"), holidays=("2026-12-25",))
    assert between(overnight, "2026-12-24 12:00", "2026-12-27 12:00") == [
        "start thu 2026-12-24 20:00",
        "stop fri 2026-12-25 06:00",
        "start sat 2026-12-26 20:00",
        "stop sun 2026-12-27 06:00",
    ]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (("2026-12-07",), ["start tue 2026-12-08 08:00", "stop fri 2026-12-11 20:00"]),
        (("2026-12-11",), ["start mon 2026-12-07 08:00", "stop fri 2026-12-11 00:00"]),
        (
            ("2026-12-09",),
            [
                "start mon 2026-12-07 08:00",
                "stop wed 2026-12-09 00:00",
                "start thu 2026-12-10 08:00",
                "stop fri 2026-12-11 20:00",
            ],
        ),
        (("2026-12-07", "2026-12-08"), ["start wed 2026-12-09 08:00", "stop fri 2026-12-11 20:00"]),
        (("2026-12-10", "2026-12-11"), ["start mon 2026-12-07 08:00", "stop thu 2026-12-10 00:00"]),
        (tuple(f"2026-12-{day:02}" for day in range(7, 12)), []),
        (("2026-12-12", "2026-12-13"), ["start mon 2026-12-07 08:00", "stop fri 2026-12-11 20:00"]),
    ],
)
def test_a_week_leaves_out_its_holidays(days: tuple[str, ...], found: list[str]) -> None:
    assert between(schedule(WEEK, holidays=days), "2026-12-05", "2026-12-13") == found


def test_a_week_says_why_it_pauses() -> None:
    week = schedule(WEEK, holidays=("2026-12-07", "2026-12-09"))
    assert wanted(week, at("2026-12-07 12:00")).reason == "holiday 2026-12-07"
    assert wanted(week, at("2026-12-08 07:59")).reason == "holiday 2026-12-07"
    (_, pause, *_) = transitions(week, at("2026-12-07"), at("2026-12-13"))
    assert pause.reason == "period mon 08:00 to fri 20:00 ends (Europe/Paris): holiday 2026-12-09"
    assert wanted(week, at("2026-12-10 07:59")).reason == "holiday 2026-12-09"
    assert wanted(week, at("2026-12-12")).reason == "outside period mon 08:00 to fri 20:00 (Europe/Paris)"


def test_a_weekend_with_a_holiday_goes_on_at_its_own_hour() -> None:
    weekend = weekly("fri 20:00", "mon 08:00")
    assert between(schedule(weekend, holidays=("2026-12-12",)), "2026-12-09", "2026-12-15") == [
        "start fri 2026-12-11 20:00",
        "stop sat 2026-12-12 00:00",
        "start sun 2026-12-13 20:00",
        "stop mon 2026-12-14 08:00",
    ]
    assert between(schedule(weekend, holidays=("2026-12-14",)), "2026-12-12", "2026-12-15") == [
        "stop mon 2026-12-14 00:00"
    ]


def test_starts_by_cron_are_left_out_on_holidays_and_stops_are_not() -> None:
    cron = Period(name="c", start="cron(0 8 * * ? *)", stop="cron(0 20 ? * FRI *)")
    week = schedule(cron, holidays=("2026-12-19", "2026-12-20", "2026-12-24", "2026-12-25"))
    assert between(week, "2026-12-18 12:00", "2026-12-26") == [
        "stop fri 2026-12-18 20:00",
        "start mon 2026-12-21 08:00",
        "stop fri 2026-12-25 20:00",
    ]
    assert wanted(week, at("2026-12-19 12:00")).reason == "holiday 2026-12-19"
    assert wanted(week, at("2026-12-24 12:00")).power is RUNNING


def test_nothing_begins_while_the_calendar_is_closed_and_what_runs_goes_on() -> None:
    nights = schedule_of(fleet(NIGHTS, on("fri", "11:59", "12:30"), on("fri", "12:00", "13:00")), CLOSED)
    assert told(transitions(nights, at("2026-11-27"), at("2026-11-28"))) == [
        "start fri 2026-11-27 12:00",
        "stop fri 2026-11-27 13:00",
    ]
    refused = wanted(nights, at("2026-11-27 09:00"))
    assert (refused.power, refused.reason) == (STOPPED, "calendar closed until 2026-11-27 12:00 Europe/Paris")
    early = schedule_of(fleet(on("fri", "06:00", "20:00")), CLOSED)
    assert len(list(transitions(early, at("2026-11-27"), at("2026-11-28")))) == 2
    assert wanted(early, at("2026-11-27 09:00")).power is RUNNING


def test_a_week_tries_again_on_the_next_day_when_the_calendar_was_closed() -> None:
    closed = ((at("2026-12-07"), at("2026-12-08 12:00")),)
    found = transitions(schedule_of(fleet(WEEK), closed), at("2026-12-06"), at("2026-12-13"))
    assert told(found) == ["start wed 2026-12-09 08:00", "stop fri 2026-12-11 20:00"]


def test_a_fleet_that_never_runs_has_no_transitions() -> None:
    forever = ((datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)),)
    assert following(schedule_of(fleet(NIGHTS), forever), at("2026-11-27")) is None


def test_the_file_is_of_these_years() -> None:
    assert days_of("FR")[0] == date(2026, 1, 1)
    assert last_day() == date(2030, 12, 31)
    assert date(2027, 1, 6) in days_of("DE-BY")
    assert date(2027, 1, 6) not in days_of("DE")


@pytest.mark.parametrize(
    ("holidays", "now", "warned"),
    [
        (("FR", "DE-BY"), "2030-07-01", True),
        (("FR",), "2031-03-01", True),
        (("FR",), "2030-06-30", False),
        (("2030-12-25",), "2030-12-01", False),
        ((), "2030-12-01", False),
    ],
)
def test_a_fleet_is_warned_before_its_holidays_end(
    holidays: tuple[str, ...], now: str, *, warned: bool
) -> None:
    warning = calendar_ends(fleet(NIGHTS, holidays=holidays), datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (warning is not None) is warned
    assert warning is None or f"those of {', '.join(holidays)} are known until 2030-12-31 only" in warning
