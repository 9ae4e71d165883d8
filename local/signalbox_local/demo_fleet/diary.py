"""What is told as the week passes: a heading for each day, a line for each thing that happens."""

import re
from datetime import datetime, tzinfo

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.rollout_words import ENGINE, Json, caller_name, printable, told

TIME, WHAT, COUNTS = 5, 10, 21  # cells
_ACTS = {"start": ("▸ start", "green"), "stop": ("■ stop", "bold")}
_BECAME = {"start": "running", "stop": "stopped"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


class Diary:
    """Times are those of the fleet's zone."""

    def __init__(self, console: Console, zone: tzinfo) -> None:
        self._console = console
        self._zone = zone
        self._day = ""

    def run(self, run: Json) -> None:
        """When it began and why, and what became of it."""
        what, style = _ACTS[run["action"]]
        by = "" if run["by"] == ENGINE else f"{caller_name(run['by'])}: "
        reason = _MOMENT.sub(self._wall, told(run["reason"]))
        self._told(from_rfc3339(run["created_at"]), (what, style), _counts(run), f"{by}{reason}")

    def line(self, at: datetime, what: str, sentence: str, style: str = "") -> None:
        """What is no run."""
        self._told(at, (what, style), sentence)

    def _told(self, at: datetime, what: tuple[str, str], *cells: str) -> None:
        """`20:00  ■ stop  55 stopped  period ends`, under its day."""
        here = at.astimezone(self._zone)
        day = f"{here:%A} {here.day} {here:%B}"
        if day != self._day:
            self._console.print(Text(f"\n  {day}", style="dim"))
            self._day = day
        table = Table.grid(padding=(0, 2, 0, 0))
        for width in (TIME, WHAT, *([COUNTS] if len(cells) > 1 else [])):
            table.add_column(min_width=width, no_wrap=True)
        table.add_column(overflow="fold")
        told_ = (Text(printable(cell)) for cell in cells)
        table.add_row(Text(f"{here:%H:%M}", style="dim"), Text(what[0], style=what[1]), *told_)
        self._console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def beneath(self, *sentences: str) -> None:
        """What belongs to the line before."""
        for sentence in sentences:
            told_ = Text(printable(sentence), style="dim")
            self._console.print(Padding(told_, (0, 0, 0, 2 + TIME + 2 + WHAT + 2), expand=False))

    def _wall(self, moment: re.Match[str]) -> str:
        return f"{from_rfc3339(moment[0]).astimezone(self._zone):%a %H:%M}"


def _counts(run: Json) -> str:
    counts = run["counts"]
    parts = [f"{counts['reached']} {_BECAME[run['action']]}"]
    return ", ".join(parts + [f"{counts[name]} {name}" for name in ("skipped", "failed") if counts[name]])
