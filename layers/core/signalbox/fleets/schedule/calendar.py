"""What a fleet says of time, read and ready; and everything that is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from signalbox.fleets.schedule import holidays
from signalbox.fleets.schedule.contradictions import contradictions
from signalbox.fleets.schedule.edges import Days, Source
from signalbox.fleets.schedule.periods import read_period
from signalbox.fleets.schedule.zones import read_zone
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import Invalid, Violation

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Days):
    """What a fleet says of time: its zone, its holidays, when its calendar is closed, and its periods."""

    periods: tuple[Source, ...]


def schedule_of(spec: FleetSpec, closed: tuple[tuple[datetime, datetime], ...] = ()) -> Schedule:
    """Reads it. `closed`: spans in UTC, half open, in which its Change Calendar is closed.

    Raises Invalid, which names every wrong field of zone, schedule and holidays.
    """
    zone, periods, days, wrong = _read(spec)
    if wrong or zone is None:
        raise Invalid(*wrong)
    return Schedule(zone=zone, holidays=days, closed=closed, periods=periods)


def violations(spec: FleetSpec) -> list[Violation]:
    """Everything that a schema cannot say of a fleet and that is wrong, at once."""
    return [*_read(spec)[-1], *contradictions(spec)]


def calendar_ends(spec: FleetSpec, now: datetime) -> str | None:
    """A warning when the holidays of a country that the fleet names are known for less than half a year."""
    return _known_only_until(spec) if now.date() >= holidays.last_day().replace(month=7, day=1) else None


def calendar_ends_before(spec: FleetSpec, end: datetime) -> str | None:
    """The same when they are not known for all of the time before that."""
    return _known_only_until(spec) if (end - timedelta.resolution).date() > holidays.last_day() else None


def _known_only_until(spec: FleetSpec) -> str | None:
    codes = [text for text in spec.holidays if not _DATE.fullmatch(text)]
    if not codes:
        return None
    return (
        f"holidays: those of {', '.join(codes)} are known until {holidays.last_day()} only: "
        "a newer Signalbox knows more, or name the dates"
    )


def _read(spec: FleetSpec) -> tuple[ZoneInfo | None, tuple[Source, ...], Mapping[date, str], list[Violation]]:
    wrong: list[Violation] = []
    zone = None
    try:
        zone = read_zone(spec.zone)
    except ValueError as error:
        wrong.append(Violation("zone", str(error)))
    periods: list[Source] = []
    for index, written in enumerate(spec.schedule):
        read = read_period(written, spec.zone, f"schedule.{index}")
        if isinstance(read, list):
            wrong.extend(read)
        else:
            periods.append(read)
    if not spec.schedule:
        wrong.append(Violation("schedule", "give at least one period, such as mon-fri from 08:00 to 20:00"))
    days: dict[date, str] = {}
    for index, text in enumerate(spec.holidays):
        try:
            # A date that its owner names counts more than the country that has it too.
            days |= {day: name for day, name in _holidays(text) if day not in days}
        except ValueError as error:
            wrong.append(Violation(f"holidays.{index}", str(error)))
    return zone, tuple(periods), days, wrong


def _holidays(text: str) -> Iterator[tuple[date, str]]:
    """The days that one entry means, each with what it is called. Raises ValueError."""
    if _DATE.fullmatch(text):
        yield _date(text), f"holiday {text}"
        return
    for day in holidays.days_of(text):
        yield day, f"holiday {day} ({text})"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text} is not a day ({error}): write a date such as 2026-12-25") from error
