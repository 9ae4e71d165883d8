"""The data plane as the runtime sees it: a child process, spoken to in JSON lines."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from signalbox_local.plane.reports import NOT_REGISTERED, Report, TargetHealth
from signalbox_local.plane.topology import Topology
from signalbox_local.plane.wire import Shown, Told, decode_told, encode

log = logging.getLogger(__name__)
START_SECONDS = 30.0
END_SECONDS = 5.0


class PlaneNotStarted(Exception):
    """The child process did not come up."""


class DataPlane:
    """Thread safe. `told` is called on the reading thread, after `health` and `addresses` know the news;
    `resolution` is how often metrics come, in seconds."""

    def __init__(self, told: Callable[[Report], object], resolution: float = 10.0) -> None:
        self._told = told
        self._resolution = resolution
        self._child: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread(target=self._read, name="data plane", daemon=True)
        self._news = threading.Condition()
        self._asking = threading.Lock()
        self._wanted: Topology | None = None
        self._asked = 0
        self._standing = -1
        self._ended = False
        self._addresses: dict[str, str] = {}
        self._health: dict[str, dict[str, TargetHealth]] = {}

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Returns when the child answers. Raises PlaneNotStarted."""
        # The child ends with its standard input. A session of its own: Ctrl-C is for the runtime.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "signalbox_local.plane", str(self._resolution)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader.start()
        if not self.stands(START_SECONDS):
            self.stop()
            raise PlaneNotStarted

    def stop(self) -> None:
        """Ends the child and waits for it; does nothing the second time."""
        child, self._child = self._child, None
        if child is None:
            return
        with self._asking:
            _hang_up(child)
        self._reader.join(END_SECONDS)
        if child.stdout and not self._reader.is_alive():
            child.stdout.close()

    def show(self, topology: Topology) -> None:
        """From now on this is wanted; `stands` tells when it is so."""
        with self._asking:
            if topology == self._wanted or not self._child or not self._child.stdin:
                return
            self._wanted = topology
            self._asked += 1
            try:
                self._child.stdin.write(encode(Shown(number=self._asked, topology=topology)))
                self._child.stdin.flush()
            except BrokenPipeError:  # the child died: nothing answers any more, which `stands` tells too
                log.error("the data plane has ended unasked")

    def stands(self, timeout: float) -> bool:
        """Waits until the topology shown last stands; not to be called from `told`."""
        with self._news:
            self._news.wait_for(lambda: self._ended or self._standing >= self._asked, timeout)
            return not self._ended and self._standing >= self._asked

    def addresses(self) -> dict[str, str]:
        """Listener ARN → URL."""
        with self._news:
            return dict(self._addresses)

    def health(self, target_group: str, target: str) -> TargetHealth | None:
        """None: not registered, or nothing was told yet."""
        with self._news:
            return self._health.get(target_group, {}).get(target)

    def draining(self, target_group: str) -> tuple[str, ...]:
        """Targets that were deregistered and are still there."""
        with self._news:
            told = self._health.get(target_group, {})
            return tuple(target for target, health in told.items() if health.state == "draining")

    def _read(self) -> None:
        child = self._child
        assert child is not None and child.stdout is not None
        for line in child.stdout:
            self._take(decode_told(line))
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _take(self, told: Told) -> None:
        with self._news:
            if told.addresses is not None:
                self._addresses = dict(told.addresses)
                self._standing = told.number
            if told.report:
                self._learn(told.report)
            self._news.notify_all()
        if told.report:
            try:
                self._told(told.report)
            except Exception:  # a fault of the listener, who misses this report; the next ones still come
                log.exception("a report of the data plane was not taken")

    def _learn(self, report: Report) -> None:
        for group, changes in report.health.items():
            known = self._health.setdefault(group, {})
            for target, health in changes.items():
                known[target] = health
                if health == NOT_REGISTERED:
                    del known[target]


def _hang_up(child: subprocess.Popen[bytes]) -> None:
    if child.stdin:
        with suppress(BrokenPipeError):  # it has ended already
            child.stdin.close()
    try:
        child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
