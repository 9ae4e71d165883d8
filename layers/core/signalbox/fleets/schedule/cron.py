"""Periods between what two cron expressions of AWS say: minute, hour, day of month, month, weekday, year."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from heapq import merge
from typing import Any

from signalbox.fleets.schedule.edges import Days, Edge, Label, Moment, Turn

FORM = "cron(minute hour day-of-month month day-of-week year), such as cron(0 8 ? * MON-FRI *)"
MOST_A_DAY = 24
DAY = timedelta(days=1)
FRIDAY = 4
_CRON = re.compile(r"cron\((.+)\)")
# Weekdays and leap days come back after so many years.
_CYCLE = 28


@dataclass(frozen=True, slots=True)
class Expression:
    """What has been read: `fields` say the days, at midnight; `times` in minutes after it, in order.

    `back` moves what falls on a weekend to the Friday before (`LW`, the last working day of a month).
    """

    fields: str
    times: tuple[int, ...]
    back: bool

    def walls(self, first: date, last: date) -> Iterator[tuple[date, int]]:
        """All days with their times from one day to another, both included."""
        year, month = first.year, first.month
        while (year, month) <= (last.year, last.month):
            for day in _days_of(self, year, month):
                if first <= day <= last:
                    yield from ((day, minutes) for minutes in self.times)
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """What runs from each moment of `start` to the next one of `stop`; of both at once, the stop counts.

    Starts on holidays, and while the calendar is closed, are left out, stops are not. With one of the two
    alone nothing says how the fleet is meant to be in between: it is what the last transition has said, until
    the next one, of this period or of another (`only ever stops at night`).
    """

    label: Label
    start: Expression | None
    stop: Expression | None

    @property
    def paired(self) -> bool:
        return self.start is not None and self.stop is not None

    def edges(self, days: Days, begin: datetime, end: datetime) -> Iterator[Edge]:
        first, last = days.day(begin) - DAY, days.day(end) + DAY
        starts = self.start.walls(first, last) if self.start else ()
        stops = self.stop.walls(first, last) if self.stop else ()
        # What the clock shows later is never earlier, and of two at once the stop comes last.
        for day, minutes, stop in merge(
            ((*wall, False) for wall in starts), ((*wall, True) for wall in stops)
        ):
            moment = days.moment(day, minutes)
            if moment.at >= end:
                return
            if moment.at >= begin:
                yield self._stop(moment) if stop else self._start(days, day, moment)

    def _stop(self, moment: Moment) -> Edge:
        return Edge(at=moment.at, turn=Turn.ENDS, reason=self.label.told("ends") + moment.note)

    def _start(self, days: Days, day: date, moment: Moment) -> Edge:
        if obstacle := days.obstacle(day, moment.at):
            reason = f"{obstacle}: {self.label.told('does not begin')}"
            return Edge(at=moment.at, turn=Turn.SKIPPED, reason=reason, obstacle=obstacle)
        return Edge(at=moment.at, turn=Turn.BEGINS, reason=self.label.told("begins") + moment.note)


@lru_cache(maxsize=256)
def read_cron(text: str) -> Expression:
    """Reads `cron(…)`; raises ValueError that says what would be right."""
    match = _CRON.fullmatch(text.strip())
    fields = match[1].upper().split() if match else []
    if len(fields) != 6:  # noqa: PLR2004
        raise ValueError(f"{text!r} is not a cron expression of AWS: write {FORM}")
    back = fields[2] == "LW"
    day = "L" if back else fields[2]
    weekday = "SAT" if fields[4] == "L" else fields[4]  # the last day of AWS's week
    try:
        parsed = _parse(" ".join([*fields[:2], day, fields[3], weekday, fields[5]]))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a cron expression of AWS ({error}): write {FORM}") from error
    times = tuple(sorted({60 * hour + minute for hour in parsed.hours for minute in parsed.minutes}))
    expression = Expression(" ".join(["0 0", day, fields[3], weekday, fields[5]]), times, back)
    if len(times) > MOST_A_DAY:
        raise ValueError(f"{text!r} names {len(times)} moments of a day: name at most {MOST_A_DAY}")
    if not any(
        _days_of(expression, year, month) for year in parsed.years[:_CYCLE] for month in parsed.months
    ):
        raise ValueError(f"{text!r} names a day that no month has: name one that comes")
    return expression


@lru_cache(maxsize=64)
def _parse(expression: str) -> Any:
    """Loaded by those alone who have a cron. Raises ValueError."""
    from aws_croniter import AwsCroniter  # type: ignore[import-untyped]  # noqa: PLC0415

    return AwsCroniter(expression)


@lru_cache(maxsize=2048)
def _days_of(expression: Expression, year: int, month: int) -> tuple[date, ...]:
    """The days of a month that the expression names, in order.

    The library counts in UTC only: what it is given are days on the wall, labelled UTC.
    """
    parsed = _parse(expression.fields)
    if year not in parsed.years or month not in parsed.months:
        return ()
    first = datetime(year, month, 1, tzinfo=UTC)
    last = first.replace(day=monthrange(year, month)[1])
    found = [at.date() for at in parsed.get_all_schedule_bw_dates(first, last)]
    return (
        tuple(day - max(0, day.weekday() - FRIDAY) * DAY for day in found)
        if expression.back
        else tuple(found)
    )
