"""The days of a fleet, and the edges of its periods on them: wall-clock times become instants here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


class Turn(StrEnum):
    """What happens to a period at an edge. `skipped`: it would begin, but something stands in its way."""

    BEGINS = "begins"
    ENDS = "ends"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One edge of one period, in UTC. `obstacle` says what keeps it off from here on, if something does."""

    at: datetime
    turn: Turn
    reason: str
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a wall-clock time is, in UTC. `note` says what the clock does there, if it does something."""

    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days of a zone: which of them are holidays, and what each is called (`holiday 2026-12-25 (FR)`).

    `closed` are the spans, in UTC and half open, in which a Change Calendar is closed.
    """

    zone: ZoneInfo
    holidays: Mapping[date, str] = field(default_factory=dict)
    closed: tuple[tuple[datetime, datetime], ...] = ()

    def day(self, at: datetime) -> date:
        """The date that a calendar on the wall shows."""
        return at.astimezone(self.zone).date()

    def time(self, at: datetime) -> str:
        """`2026-11-27 22:00 Europe/Paris`."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M} {self.zone.key}"

    def moment(self, day: date, minutes: int) -> Moment:
        """When the clock shows so many minutes after midnight of that day; more than 1440 are the next day's.

        A time that the clock leaves out is the first instant after the gap; one that it shows twice is the
        first of the two.
        """
        wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        first = wall.replace(tzinfo=self.zone)
        second = first.replace(fold=1)
        at = first.astimezone(UTC)
        if first.utcoffset() == second.utcoffset():
            return Moment(at)
        if at.astimezone(self.zone).replace(tzinfo=None) == wall:
            return Moment(at, f"; {wall:%H:%M} comes twice on that day, the first counts")
        valid = self._after_gap(second.astimezone(UTC), at)
        return Moment(
            valid, f"; {wall:%H:%M} does not exist on that day, {self._shown(valid)} is the first after it"
        )

    def obstacle(self, day: date, at: datetime) -> str:
        """Why nothing begins on that day, at that moment; empty when nothing stands in the way."""
        for begin, end in self.closed:
            if begin <= at < end:
                return f"calendar closed until {self.time(end)}"
        return self.holidays.get(day, "")

    def _after_gap(self, before: datetime, after: datetime) -> datetime:
        """The instant between the two at which the offset changes: offsets change at whole seconds."""
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > SECOND:
            middle = before + (after - before) // SECOND // 2 * SECOND
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after

    def _shown(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What reasons call a period: its name, if it has one, and how it is written with its zone."""

    name: str | None
    text: str
    zone: str

    def __str__(self) -> str:
        return self.told("")

    def told(self, verb: str) -> str:
        """`period nights begins (mon-fri 08:00-20:00 Europe/Paris)`."""
        named, known = (self.name, f"{self.text} {self.zone}") if self.name else (self.text, self.zone)
        return f"period {named} {verb} ({known})" if verb else f"period {named} ({known})"


class Source(Protocol):
    """A period that has been read. `paired`: it says both when the fleet starts and when it stops, so that at
    each moment it runs or does not, as the last edge of the past 400 days has left it."""

    @property
    def label(self) -> Label: ...
    @property
    def paired(self) -> bool: ...
    def edges(self, days: Days, begin: datetime, end: datetime) -> Iterator[Edge]:
        """All edges with begin <= at < end, oldest first; at the same instant the last one counts."""
        ...
