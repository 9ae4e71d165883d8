"""Where the story is shown: alive on a terminal, line by line anywhere else."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime

from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from signalbox.kernel.clock import rfc3339
from signalbox_cli.rollout_news import Sighting, line, news
from signalbox_cli.rollout_view import rollout_view, timeline_table
from signalbox_cli.rollout_words import printable
from signalbox_local.rehearsal.checks import Check

REFRESHES = 5  # a second
Show = Callable[[Sighting], None]


class Screen:
    """Headings at the margin, what belongs to them indented."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._alive = console.file.isatty() and not console.is_dumb_terminal

    def title(self, text: str) -> None:
        """The first line."""
        self._console.print(Text(text, style="bold"))

    def heading(self, text: str) -> None:
        """Begins a part of the story."""
        self._console.print()
        self._console.print(Text(printable(text), style="bold cyan"))

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A sign of life on a terminal, while there is nothing to tell."""
        with self._console.status(Text(text, style="dim")) if self._alive else nullcontext():
            yield

    def say(self, text: str) -> None:
        """One sentence."""
        self._console.print(f"  {printable(text)}", markup=False, soft_wrap=True)

    def remark(self, text: str) -> None:
        """What the demo itself does, in the middle of a rollout."""
        self._console.print(line(rfc3339(datetime.now(UTC)), "the demo", text), soft_wrap=True)

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and what there is to say of each."""
        table = Table.grid(padding=(0, 2))
        for name, told in rows:
            table.add_row(Text(name, style="dim"), Text(printable(told)))
        self._indented(table)

    def gap(self) -> None:
        """An empty line."""
        self._console.print()

    def table(self, table: RenderableType) -> None:
        """After an empty line, indented."""
        self._console.print()
        self._indented(table)

    @contextmanager
    def watching(self, awaited: str = "") -> Iterator[Show]:
        """What to call with each sighting of one rollout; `awaited` is what there is to wait for before."""
        self._console.print()
        if not self._alive:
            yield self._lines()
            return
        latest: list[Sighting] = []

        def frame() -> RenderableType:
            now = datetime.now(UTC)
            if not latest:
                return Spinner("dots", Text(awaited, style="dim")) if awaited else Text("")
            return rollout_view(latest[-1].rollout, latest[-1].events, now)

        with Live(get_renderable=frame, console=self._console, refresh_per_second=REFRESHES):
            yield latest.append

    def evidence(self, last: Sighting) -> None:
        """The timeline of a rollback."""
        self.table(timeline_table(last.events, last.rollout))

    def checks(self, checks: Iterable[Check]) -> None:
        """Each with a mark; those that do not hold with what was found."""
        self._console.print()
        for check in checks:
            mark = Text("  ✓ ", style="green") if check.holds else Text("  ✗ ", style="bold red")
            told = check.told if check.holds else f"{check.told}: found {check.found}"
            self._console.print(mark.append(Text(printable(told), style="default")), soft_wrap=True)

    def _indented(self, what: RenderableType) -> None:
        self._console.print(Padding(what, (0, 0, 0, 2), expand=False))

    def _lines(self) -> Show:
        before: Sighting | None = None

        def show(now: Sighting) -> None:
            nonlocal before
            for told in news(before, now):
                self._console.print(told, soft_wrap=True)
            before = now

        return show
