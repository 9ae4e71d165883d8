"""The picture of the week that was run: a row for each kind, a cell for some hours of each day. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from signalbox_local.demo_fleet.record import Changes, Row, seconds_between, share_running

DAYS = 7
LABEL, HOURS = 14, 4  # cells of `4 autoscaling`, and of the hours that it ran
FINE, COARSE = 12, 6  # cells of a day: two hours each, or four where it is narrow
WIDEST = LABEL + DAYS * (FINE + 1) - 1 + HOURS
HOUR = 3600.0  # seconds
_SHADES = ((0.99, "█", "green"), (0.5, "▓", "green"), (0.1, "░", "green"), (0.0, "·", "dim"))
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPicture:
    """Of the seven days from `monday`, a midnight on the wall of the fleet's zone. `marks` are signs of
    moments that a legend tells of."""

    changes: Changes
    rows: Sequence[Row]
    monday: datetime
    marks: Sequence[tuple[datetime, str]] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cells = FINE if options.max_width >= WIDEST else COARSE
        days = [self.monday + timedelta(days=day) for day in range(DAYS)]
        names = [f"{day:%a} {day.day} {day:%b}" if cells == FINE else f"{day:%a}" for day in days]
        head = "".join(f"{name:<{cells + 1}}" for name in names)[:-1]
        yield Text(f"{'':{LABEL}}{head}{'h':>{HOURS}}", style="dim")
        for row in self.rows:
            yield self._line(row, cells)
        if self.marks:
            yield self._days(" " * LABEL, cells, self._mark)

    def _line(self, row: Row, cells: int) -> Text:
        line = self._days(f"{row.label:<{LABEL}}", cells, lambda span: self._shade(row, span))
        spans = self._spans(cells)
        begin, end = spans[0][0], spans[-1][1]
        hours = share_running(self.changes, row, begin, end) * seconds_between(begin, end) / HOUR
        return line.append(f"{hours:{HOURS}.0f}", style="dim")

    def _days(self, label: str, cells: int, drawn: Callable[[Span], tuple[str, str]]) -> Text:
        line = Text(label)
        for place, span in enumerate(self._spans(cells)):
            line.append(" " if place and place % cells == 0 else "").append(*drawn(span))
        return line

    def _shade(self, row: Row, span: Span) -> tuple[str, str]:
        share = share_running(self.changes, row, *span)
        return next((sign, style) for least, sign, style in _SHADES if share >= least)

    def _mark(self, span: Span) -> tuple[str, str]:
        here = [sign for at, sign in self.marks if span[0] <= at < span[1]]
        return (here[0], "bold yellow") if here else (" ", "")

    def _spans(self, cells: int) -> Sequence[Span]:
        """By the clock on the wall, so that a day has its cells when the clocks change, too."""
        edges = [self.monday + timedelta(days=1) / cells * place for place in range(DAYS * cells + 1)]
        moments = [edge.astimezone(UTC) for edge in edges]
        return list(zip(moments, moments[1:], strict=False))
