"""Whatever periods there are: transitions and what is wanted tell the same story."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.fleets.schedule.calendar import Schedule
from signalbox.fleets.schedule.periods import WEEKDAYS
from signalbox.fleets.schedule.transitions import following, latest, transitions, wanted
from signalbox.fleets.spec import Period
from tests.unit.fleet_schedules import on, schedule, weekly

_MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
_WEEKDAY = st.sampled_from(WEEKDAYS)
_DAILY = st.builds(on, st.lists(_WEEKDAY, min_size=1, max_size=3).map(",".join), _MINUTES, _MINUTES)
_MOMENT_OF_WEEK = st.builds("{} {}".format, _WEEKDAY, _MINUTES)
_WEEKLY = st.builds(weekly, _MOMENT_OF_WEEK, _MOMENT_OF_WEEK)
_PAIR = st.builds(
    lambda start, stop, day: Period(
        start=f"cron({start} ? * {day.upper()} *)", stop=f"cron({stop} ? * MON-FRI *)"
    ),
    *[st.builds("{} {}".format, st.integers(0, 59), st.integers(0, 23))] * 2,
    _WEEKDAY,
)
_SCHEDULES = st.builds(
    lambda periods, zone, holidays: schedule(*periods, zone=zone, holidays=tuple(holidays)),
    st.lists(_DAILY | _WEEKLY | _PAIR, min_size=1, max_size=4),
    st.sampled_from(
        ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Beirut"]
    ),
    st.sets(st.integers(20, 31).map("2026-03-{}".format), max_size=4),
)


@settings(max_examples=60)
@given(_SCHEDULES, st.integers(0, 12 * 24 * 60))
def test_transitions_alternate_and_agree_with_what_is_wanted(schedule: Schedule, minutes: int) -> None:
    begin = datetime(2026, 3, 23, tzinfo=UTC)
    end = begin + timedelta(days=12)
    found = list(transitions(schedule, begin, end))
    for one, other in pairwise(found):
        assert one.at < other.at
        assert one.action is not other.action
    for one in found:
        assert wanted(schedule, one.at).power is one.action.power
        assert wanted(schedule, one.at - timedelta.resolution).power is not one.action.power
        assert following(schedule, one.at - timedelta.resolution) == one
        assert latest(schedule, one.at) == one
    moment = begin + timedelta(minutes=minutes)
    last = latest(schedule, moment)
    if last is not None:
        assert last.at <= moment
        assert wanted(schedule, moment).power is last.action.power
    later = [one for one in found if one.at > moment]
    if later:
        assert following(schedule, moment) == later[0]
        assert wanted(schedule, moment).power is not later[0].action.power
    assert found == [
        *transitions(schedule, begin, moment),
        *transitions(schedule, moment, end),
    ]
