"""Clocks that are changed: each wall-clock time is one instant, and each transition happens once."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from signalbox.fleets.model import Override
from signalbox.fleets.schedule.edges import Days
from signalbox.fleets.schedule.overrides import following_with
from signalbox.fleets.schedule.transitions import following, latest, transitions, wanted
from signalbox.fleets.spec import Period
from tests.unit.fleet_schedules import RUNNING, STOPPED, at, between, on, schedule, told, weekly

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"
Form = Callable[[datetime, int, int], Period]
Changes = tuple[tuple[datetime, timedelta, timedelta], ...]


@cache
def _zones() -> dict[Changes, str]:
    """One zone for each set of changes in 2026 and 2027: when, from which offset, to which."""
    found: dict[Changes, str] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        days = [FIRST + day * DAY for day in range(0, (LAST - FIRST).days + 1, 5)]
        offsets = [_offset(zone, day) for day in days]
        changes = tuple(
            _change(zone, days[place], days[place + 1])
            for place, (before, after) in enumerate(pairwise(offsets))
            if before != after
        )
        if changes:
            found.setdefault(changes, name)
    return found


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, begin: datetime, end: datetime) -> tuple[datetime, timedelta, timedelta]:
    minutes = range(int((end - begin) / MINUTE) + 1)
    before, after = _offset(zone, begin), _offset(zone, end)
    place = bisect_left(minutes, True, key=lambda minute: _offset(zone, begin + minute * MINUTE) == after)
    return begin + place * MINUTE, before, after


def _each_change() -> Iterator[tuple[str, datetime, timedelta, timedelta]]:
    for changes, name in _zones().items():
        for change in changes:
            yield name, *change


@cache
def _shapes() -> dict[tuple[object, ...], tuple[str, datetime, timedelta]]:
    """One change, and the offset before it, for each time of day at which clocks go so far anywhere."""
    return {
        ((moment + before).time(), after - before, before.seconds % 3600): (name, moment, before)
        for name, moment, before, after in _each_change()
    }


def test_there_are_zones_to_look_at() -> None:
    assert len(_zones()) >= 15
    sizes = {after - before for _, _, before, after in _each_change()}
    assert {HOUR, -HOUR, HOUR / 2, -HOUR / 2} <= sizes
    assert "Asia/Kolkata" not in _zones().values()


def test_every_minute_around_a_change_is_the_first_instant_at_which_the_clock_has_reached_it() -> None:
    """All zones, all changes; when the clock has reached what is looked up among what it has shown."""
    for name, moment, before, after in _each_change():
        zone = ZoneInfo(name)
        days = Days(zone=zone)
        begin = moment - 3 * HOUR
        instants = [begin + minute * MINUTE for minute in range(7 * 60)]
        reached = list(accumulate((one.astimezone(zone).replace(tzinfo=None) for one in instants), max))
        first = (moment + min(before, after)).replace(tzinfo=None) - HOUR
        for wall in (first + minute * MINUTE for minute in range(4 * 60)):
            found = days.moment(wall.date(), 60 * wall.hour + wall.minute)
            assert found.at == instants[bisect_left(reached, wall)], (name, wall)


def _daily(wall: datetime, before: int, after: int) -> Period:
    begin, end = wall - before * MINUTE, wall + after * MINUTE
    return on("daily", f"{begin:%H:%M}", f"{end:%H:%M}")


def _cron(wall: datetime, before: int, after: int) -> Period:
    hours = ",".join(str((wall + hour * HOUR).hour) for hour in (-1, 0))
    return Period(start=f"cron({before}/30 {hours} * * ? *)", stop=f"cron({after}/30 {hours} * * ? *)")


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("form", "before", "after"),
    [(_daily, 30, 0), (_daily, 0, 30), (_daily, -15, 45), (_daily, 600, 1), (_cron, 19, 10)],
)
def test_minute_by_minute_each_transition_happens_once(form: Form, before: int, after: int) -> None:
    """What is wanted, asked each minute around a change, turns where transitions say, and nowhere else."""
    for name, moment, offset in _shapes().values():
        fleet = schedule(form((moment + offset).replace(tzinfo=None), before, after), zone=name)
        asked = [moment + minute * MINUTE for minute in range(-65, 130)]
        powers = [wanted(fleet, minute).power for minute in asked]
        turns = [
            (minute, power)
            for minute, (last, power) in zip(asked[1:], pairwise(powers), strict=True)
            if power is not last
        ]
        found = transitions(fleet, asked[1], asked[-1] + MINUTE)
        assert [(one.at, one.action.power) for one in found] == turns, (name, moment)


@pytest.mark.parametrize("begin", ["23:30", "00:30", "01:30", "02:30"])
def test_in_all_zones_a_fleet_starts_once_and_stops_once_a_day(begin: str) -> None:
    """With one end in an hour in which clocks are changed: nothing is lost, nothing doubled."""
    for name, moment, *_ in _each_change():
        for period in (on("daily", begin, "12:00"), on("daily", "12:00", begin)):
            found = [
                one.at for one in transitions(schedule(period, zone=name), moment - 3 * DAY, moment + 3 * DAY)
            ]
            assert len(found) in {11, 12, 13}
            for one, other in zip(found, found[2:], strict=False):
                assert abs(other - one - DAY) <= 2 * HOUR, (name, one)


def test_new_york_stops_once_when_half_past_one_comes_twice() -> None:
    nights = schedule(on("daily", "20:00", "01:30"), zone=NEW_YORK)
    found = list(transitions(nights, at("2026-10-31 12:00", NEW_YORK), at("2026-11-01 12:00", NEW_YORK)))
    assert told(found, NEW_YORK) == ["start sat 2026-10-31 20:00", "stop sun 2026-11-01 01:30"]
    assert found[1].at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert found[1].reason.endswith("; 01:30 comes twice on that day, the first counts")
    second = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)
    assert f"{second.astimezone(nights.zone):%H:%M}" == "01:15"
    assert wanted(nights, second).power is not RUNNING


def test_a_moment_of_the_second_half_past_one_is_later_than_the_first() -> None:
    nights = schedule(on("daily", "20:00", "01:30"), zone=NEW_YORK)
    second = datetime(2026, 11, 1, 1, 15, tzinfo=nights.zone, fold=1)
    override = Override(
        power=STOPPED, since=FIRST, until=at("2026-11-01 12:00", NEW_YORK), reason="r", by="b"
    )
    for found in (following(nights, second), following_with(nights, override, second)):
        assert found is not None
        assert told([found], NEW_YORK) == ["start sun 2026-11-01 20:00"]
    last = latest(nights, second)
    assert last is not None
    assert last.at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_new_york_starts_at_three_when_half_past_two_does_not_exist() -> None:
    found = list(
        transitions(
            schedule(on("daily", "02:30", "05:00"), zone=NEW_YORK),
            at("2027-03-14", NEW_YORK),
            at("2027-03-15", NEW_YORK),
        )
    )
    assert told(found, NEW_YORK) == ["start sun 2027-03-14 03:00", "stop sun 2027-03-14 05:00"]
    assert found[0].reason.endswith("; 02:30 does not exist on that day, 03:00 is the first after it")


@pytest.mark.parametrize(
    "period",
    [
        on("sun", "02:10", "02:50"),
        weekly("sun 02:10", "sun 02:50"),
        Period(start="cron(10 2 ? * SUN *)", stop="cron(50 2 ? * SUN *)"),
    ],
)
def test_a_period_in_the_gap_does_not_happen(period: Period) -> None:
    assert between(schedule(period, zone=NEW_YORK), "2027-03-13", "2027-03-15") == []


def test_a_cron_that_stops_and_starts_within_the_gap_runs_on() -> None:
    period = Period(start="cron(50 2 ? * SUN *)", stop="cron(10 2 ? * SUN *)")
    fleet = schedule(period, zone=NEW_YORK)
    assert between(fleet, "2027-03-13", "2027-03-15") == []
    assert wanted(fleet, at("2027-03-14 12:00", NEW_YORK)).power is RUNNING


def test_lord_howe_changes_by_half_an_hour() -> None:
    fleet = schedule(on("daily", "01:45", "02:15"), zone=LORD_HOWE)
    spring, autumn = (
        [one.at for one in transitions(fleet, at(day, LORD_HOWE), at(day, LORD_HOWE) + DAY)]
        for day in ("2026-10-04", "2026-04-05")
    )
    # 02:00 is 02:30 in spring; in autumn 02:00 is 01:30 again, and 01:45 comes twice.
    assert spring == [
        datetime(2026, 10, 3, hour, minute, tzinfo=UTC) for hour, minute in ((15, 15), (15, 30))
    ]
    assert autumn == [datetime(2026, 4, 4, hour, minute, tzinfo=UTC) for hour, minute in ((14, 45), (15, 45))]


def test_kolkata_is_half_an_hour_off_and_never_changes() -> None:
    found = following(schedule(on("mon-fri", "08:00", "20:00"), zone="Asia/Kolkata"), at("2026-11-27"))
    assert found is not None
    assert found.at == datetime(2026, 11, 27, 2, 30, tzinfo=UTC)


def test_midnight_may_be_left_out_as_well() -> None:
    beirut = schedule(on("sun", "00:00", "12:00"), zone="Asia/Beirut")
    assert between(beirut, "2026-03-28", "2026-03-30")[0] == "start sun 2026-03-29 01:00"
