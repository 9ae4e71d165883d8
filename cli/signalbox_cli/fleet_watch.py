"""A run of a fleet, followed to its end: alive on a terminal, line by line anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from signalbox.kernel.clock import rfc3339
from signalbox_cli.asking import ask
from signalbox_cli.fleet_run_tables import phase_text, run_table
from signalbox_cli.fleet_words import ENDED, counted, counts_of
from signalbox_cli.output import Output, note, show, stderr_console, stdout_console, write
from signalbox_cli.rollout_news import line
from signalbox_cli.rollout_words import Json, printable
from signalbox_cli.session import Session
from signalbox_cli.watching import LOCAL, REMOTE, Lost, Watch

if TYPE_CHECKING:
    from signalbox_cli.client import ApiClient

FEW = 5  # runs among which one that has just begun is found
# `superseded`: a later start or stop has taken its place, as with rollouts.
EXIT_CODES = {"succeeded": 0, "incomplete": 1, "superseded": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSighting:
    """A run as the API told it at the RFC 3339 instant `at`."""

    run: Json
    at: str

    @property
    def has_ended(self) -> bool:
        """Whether the run has."""
        return self.run["phase"] in ENDED

    @property
    def news(self) -> str:
        """`running: 20 asked, 34 reached`."""
        counts = counted(counts_of(self.run))
        return f"{printable(self.run['phase'])}{f': {counts}' if counts else ''}"


class RunFollower:
    """Looks at one run again and again: its resources, which may be ten thousand, are read less often."""

    def __init__(self, api: "ApiClient", fleet_path: str, run_id: str) -> None:
        self._api = api
        self._runs = f"{fleet_path}/runs"
        self._run_id = run_id
        self._resources: list[Json] = []

    def look(self, in_full: bool) -> RunSighting:
        """What the API tells now, with the resources as last read. Raises Refused."""
        run = self._full() if in_full else self._summary()
        if run["phase"] in ENDED and "resources" not in run:
            run = self._full()
        self._resources = run.get("resources", self._resources)
        return RunSighting(run={**run, "resources": self._resources}, at=rfc3339(datetime.now(UTC)))

    def _full(self) -> Json:
        found: Json = ask(self._api, "GET", f"{self._runs}/{self._run_id}", holds="phase")
        return found

    def _summary(self) -> Json:
        page = ask(self._api, "GET", f"{self._runs}?limit={FEW}", holds="items")
        found = [run for run in page["items"] if run["run_id"] == self._run_id]
        return found[0] if found else self._full()


def watch_run(session: Session, fleet_path: str, run_id: str) -> int:
    """Shows it until it has ended, and then what became of each resource; the exit code by its phase."""
    follower = RunFollower(session.api, fleet_path, run_id)
    watch = Watch(follower.look, LOCAL if session.is_local else REMOTE)
    is_table = session.output is Output.TABLE
    try:
        last = _shown(watch, stdout_console() if is_table else stderr_console())
    except KeyboardInterrupt:
        note("the run goes on; `signalbox fleets run FLEET` shows how it stands")
        raise
    if is_table:
        show(run_table(last.run))
    else:
        write(last.run, session.output)
    return EXIT_CODES[last.run["phase"]]


def _shown(watch: Watch[RunSighting], console: Console) -> RunSighting:
    """The last sighting, of the ended run."""
    with screen(console) as tell:
        for seen in watch.until_ended():
            tell(seen)
    assert isinstance(seen, RunSighting)
    return seen


@contextmanager
def screen(console: Console) -> Iterator[Callable[[RunSighting | Lost], None]]:
    """What shows each sighting: a line of a terminal that goes at the end; else a line for what is new."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield RunLines(console)
        return
    with Live(console=console, transient=True) as live:
        yield lambda seen: live.update(_picture(seen), refresh=True)


def _picture(seen: RunSighting | Lost) -> Text:
    if isinstance(seen, Lost):
        return Text(f"connection lost: {seen.why}; trying again", style="bold yellow")
    what = f" · {printable(seen.run['action'])} {printable(seen.run['fleet'])}"
    counts = counted(counts_of(seen.run))
    return phase_text(seen.run).append(f"{what}{f' · {counts}' if counts else ''}", style="default")


class RunLines:
    """What is new, one line each: for pipes and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before = ""

    def __call__(self, seen: RunSighting | Lost) -> None:
        """Tells what differs from what was told before."""
        if isinstance(seen, Lost):
            self._tell("connection", f"lost: {seen.why}; trying again", rfc3339(seen.since))
        else:
            self._tell("run", seen.news, seen.at)

    def _tell(self, kind: str, told: str, at: str) -> None:
        if told != self._before:
            self._console.print(line(at, kind, told), soft_wrap=True)
        self._before = told
