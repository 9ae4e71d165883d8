"""Periods with a begin and an end: on some days of the week, or once a week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from signalbox.fleets.schedule.edges import Days, Edge, Label, Turn

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """On each of the weekdays (Monday is 0); from and to in minutes after midnight of the day on which it
    begins: overnight, to is more than 1440.

    An occurrence that would begin on a holiday, or while the calendar is closed, is left out as a whole; one
    that has begun goes on to its end, whatever the next day is and whenever the calendar closes.
    """

    label: Label
    weekdays: frozenset[int]
    from_: int
    to: int
    paired: bool = True

    def edges(self, days: Days, begin: datetime, end: datetime) -> Iterator[Edge]:
        for day in _dates(days.day(begin) - 2 * DAY, days.day(end) + DAY):
            if day.weekday() in self.weekdays:
                yield from (edge for edge in self._occurrence(days, day) if begin <= edge.at < end)

    def _occurrence(self, days: Days, day: date) -> Iterator[Edge]:
        first, last = days.moment(day, self.from_), days.moment(day, self.to)
        if first.at >= last.at:  # both in the same gap
            return
        yield _begin(self.label, days, day, first.at, first.note)
        yield Edge(at=last.at, turn=Turn.ENDS, reason=self.label.told("ends") + last.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Once a week from a time of a weekday (Monday is 0), `length` days later to a time, in minutes.

    A holiday within it is off from its midnight on; the fleet starts again at the time at which the period
    begins on the next day within it that is none. When the calendar is closed at such a begin, the next day
    is tried in the same way; what runs already when it closes goes on.
    """

    label: Label
    weekday: int
    from_: int
    length: int
    to: int
    paired: bool = True

    def edges(self, days: Days, begin: datetime, end: datetime) -> Iterator[Edge]:
        for day in _dates(days.day(begin) - 9 * DAY, days.day(end) + DAY):
            if day.weekday() == self.weekday:
                yield from (edge for edge in self._occurrence(days, day) if begin <= edge.at < end)

    def _occurrence(self, days: Days, first: date) -> Iterator[Edge]:
        end = days.moment(first + self.length * DAY, self.to)
        running = False
        for day in _dates(first, first + self.length * DAY):
            if running and day not in days.holidays:
                continue
            moment = days.moment(day, 0 if running else self.from_)
            if moment.at >= end.at:
                break
            if running:
                holiday = days.holidays[day]
                reason = f"{self.label.told('ends')}: {holiday}"
                yield Edge(at=moment.at, turn=Turn.ENDS, reason=reason, obstacle=holiday)
                running = False
            else:
                edge = _begin(self.label, days, day, moment.at, moment.note)
                yield edge
                running = edge.turn is Turn.BEGINS
        yield Edge(at=end.at, turn=Turn.ENDS, reason=self.label.told("ends") + end.note)


def _begin(label: Label, days: Days, day: date, at: datetime, note: str) -> Edge:
    """A period begins there, unless something stands in its way."""
    if obstacle := days.obstacle(day, at):
        reason = f"{obstacle}: {label.told('does not begin')}"
        return Edge(at=at, turn=Turn.SKIPPED, reason=reason, obstacle=obstacle)
    return Edge(at=at, turn=Turn.BEGINS, reason=label.told("begins") + note)


def _dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY
