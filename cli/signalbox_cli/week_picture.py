"""A picture of the week: one line a day, a bar of 24 hours, filled where the fleet runs. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.output import UNBOUNDED
from signalbox_cli.rollout_words import Json

DAYS = 7
CELLS = 48  # of a day: half an hour each
LABEL = 10  # of `Fri 27 Nov`
NARROWEST = LABEL + 2 + CELLS + 8  # cells, with the hours that it runs
_STEP = timedelta(days=1) / CELLS
_HOURS = "".join(f"{hour:<12}" for hour in (0, 6, 12, 18)) + "24"
_RUNS, _STANDS, _UNKNOWN = ("█", "green"), ("·", "dim"), (" ", "")


@dataclass(frozen=True, slots=True)
class WeekPicture:
    """Of the transitions from `begin` until before `end`, in the zone. `running` is how the fleet is at the
    beginning; None: the contrary of what the first transition brings. Where it is narrow there is none, and
    none in a pipe either: there the list says it all."""

    transitions: Sequence[Json]
    zone: tzinfo
    begin: datetime
    end: datetime
    running: bool | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        is_known = bool(self.transitions) or self.running is not None
        if not is_known or not NARROWEST <= options.max_width < UNBOUNDED:
            return
        yield Text(f"{'':{LABEL}}  {_HOURS}", style="dim")
        for day in self._days():
            yield self._line(day)
        yield Text()

    def _days(self) -> Iterator[date]:
        first = self.begin.astimezone(self.zone).date()
        for later in range(DAYS):
            day = first + timedelta(days=later)
            if datetime.combine(day, time(), self.zone) < self.end:
                yield day

    def _line(self, day: date) -> Text:
        midnight = datetime.combine(day, time())
        # The middle of a cell speaks for it.
        cells = [
            self._cell((midnight + _STEP * (cell + 0.5)).replace(tzinfo=self.zone)) for cell in range(CELLS)
        ]
        bar = Text().join(Text(mark * len([*same]), style=style) for (mark, style), same in groupby(cells))
        hours = cells.count(_RUNS) * 24 / CELLS
        label = f"{day:%a} {day.day:>2} {day:%b}"
        return Text.assemble((f"{label:<{LABEL}}  ", "dim"), bar, (f"  {hours:4g} h" if hours else "", "dim"))

    def _cell(self, at: datetime) -> tuple[str, str]:
        if not self.begin <= at < self.end:
            return _UNKNOWN
        before = bisect_right(self.transitions, at, key=lambda one: from_rfc3339(one["at"]))
        if before:
            return _RUNS if self.transitions[before - 1]["action"] == "start" else _STANDS
        if self.running is not None:
            return _RUNS if self.running else _STANDS
        return _STANDS if self.transitions[0]["action"] == "start" else _RUNS
