"""A watched rollout: alive on a terminal, line by line anywhere else, its end in an exit code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from signalbox.kernel.clock import rfc3339
from signalbox_cli.following import Follower
from signalbox_cli.output import Output, note, stderr_console, stdout_console, write
from signalbox_cli.rollout_news import Sighting, line, news
from signalbox_cli.rollout_view import rollout_view
from signalbox_cli.rollout_words import whole
from signalbox_cli.session import Session
from signalbox_cli.watching import LOCAL, REMOTE, Lost, Watch

REFRESHES = 4  # a second
# How a rollout has ended, for scripts.
EXIT_CODES = {
    "succeeded": 0,
    "rolled_back": 3,
    "aborted": 4,
    "cancelled": 4,
    "superseded": 4,
    "stuck": 5,
}
Show = Callable[[Sighting | Lost], None]


def watch_rollout(session: Session, path: str) -> int:
    """Shows it until it has ended; the exit code by its outcome. With `-o json` stdout gets the last look."""
    follower = Follower(session.api, path)
    watch = Watch(lambda health: follower.look(health=health), LOCAL if session.is_local else REMOTE)
    is_table = session.output is Output.TABLE
    try:
        last = _shown(watch, stdout_console() if is_table else stderr_console())
    except KeyboardInterrupt:
        note("the rollout goes on; `signalbox abort SERVICE` sends it back")
        raise
    if not is_table:
        write(last.rollout, session.output)
    return EXIT_CODES[last.rollout["phase"]]


def _shown(watch: Watch[Sighting], console: Console) -> Sighting:
    """The last sighting, of the ended rollout."""
    with _screen(console) as show:
        for seen in watch.until_ended():
            show(seen)
    assert isinstance(seen, Sighting)
    return seen


@contextmanager
def _screen(console: Console) -> Iterator[Show]:
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines(console)
        return
    picture = Picture()
    with Live(get_renderable=picture.now, console=console, refresh_per_second=REFRESHES):
        yield picture


class Lines:
    """What is new, one line each: for pipes and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: Sighting | None = None
        self._is_lost = False

    def __call__(self, seen: Sighting | Lost) -> None:
        """Tells what differs from the sighting before; a lost connection once."""
        if isinstance(seen, Lost):
            if not self._is_lost:
                self._print(line(rfc3339(seen.since), "connection", f"lost: {seen.why}; trying again"))
            self._is_lost = True
            return
        if self._is_lost:
            self._print(line(seen.at, "connection", "back"))
        for told in news(self._before, seen):
            self._print(told)
        self._before, self._is_lost = seen, False

    def _print(self, told: Text) -> None:
        self._console.print(told, soft_wrap=True)


class Picture:
    """The last sighting as it looks at this moment: countdowns go on while nothing new is heard."""

    def __init__(self) -> None:
        self._seen: Sighting | None = None
        self._lost: Lost | None = None

    def __call__(self, seen: Sighting | Lost) -> None:
        """Keeps the last sighting, and whether it is old."""
        if isinstance(seen, Lost):
            self._lost = seen
        else:
            self._seen, self._lost = seen, None

    def now(self) -> RenderableType:
        """For `Live`, a few times a second."""
        return self.at(datetime.now(UTC))

    def at(self, now: datetime) -> RenderableType:
        """As it looks at that moment."""
        if self._seen is None:
            return Text("asking …", style="dim")
        view = rollout_view(self._seen.rollout, self._seen.events, now)
        return Group(_lost_line(self._lost, now), view) if self._lost else view


def _lost_line(lost: Lost, now: datetime) -> Text:
    old = whole(max(0, int((now - lost.since).total_seconds())))
    again = whole(max(0, round((lost.again - now).total_seconds())))
    told = f"connection lost: {lost.why}. As of {lost.since:%H:%M:%S} UTC, {old} ago; next attempt in {again}"
    return Text(told, style="bold yellow")
