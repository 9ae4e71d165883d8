"""Virtual time on one thread: fibers wait, the hub moves the clock to what is next."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from greenlet import getcurrent, greenlet

BEGINNING = 1_767_603_600.0  # Monday, 2026-01-05 09:00 UTC
UNTIL_THE_END_OF_TIME = 1e12


class Fiber(greenlet):  # type: ignore[misc]
    """Something that runs until it waits. `works_for` is the invocation of a function that it belongs to."""

    works_for: object = None


class Hub:
    """The clock, and what is due when. Exactly one thing runs at any moment: the order is always the same."""

    def __init__(self) -> None:
        self.now = BEGINNING
        self.broken: list[BaseException] = []
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._home = getcurrent()

    def call_later(self, seconds: float, act: Callable[[], object]) -> None:
        """`act` runs on the hub, or switches to a fiber."""
        heapq.heappush(self._due, (self.now + max(0.0, seconds), next(self._order), act))

    def spawn(self, work: Callable[[], object], works_for: object = None) -> Fiber:
        """A fiber that begins as soon as everything that is due before it has had its turn."""
        fiber = Fiber(self._guarded(work), parent=self._home)
        fiber.works_for = works_for
        self.call_later(0, fiber.switch)
        return fiber

    def run(self, until: Callable[[], object], limit: float) -> bool:
        """Let things happen until the condition holds; False when it does not within `limit` seconds."""
        deadline = self.now + limit
        while not until():
            if not self._due or self._due[0][0] > deadline:
                self.now = max(self.now, deadline)
                return False
            at, _, act = heapq.heappop(self._due)
            self.now = max(self.now, at)
            act()
            if self.broken:
                raise self.broken[0]
        return True

    def leap(self, until: float) -> None:
        """Over a time in which nothing is of interest; what was due in it comes at its end, once each."""
        self.now = max(self.now, until)

    def sleep(self, seconds: float) -> None:
        """Of a fiber; the hub's own sleep lets everything else happen meanwhile."""
        if getcurrent() is self._home:
            self.run(lambda: False, seconds)
            return
        self.call_later(seconds, getcurrent().switch)
        self._home.switch()

    def park(self, waiters: list[Callable[[], object]], woken: Callable[[], bool], seconds: float) -> None:
        """Wait until somebody calls what this adds to `waiters`, or for so many seconds."""
        if getcurrent() is self._home:
            self.run(woken, seconds)
            return
        fiber, over = getcurrent(), False

        def wake() -> None:
            nonlocal over
            if not over:
                over = True
                fiber.switch()

        waiters.append(lambda: self.call_later(0, wake))
        if seconds < UNTIL_THE_END_OF_TIME:
            self.call_later(seconds, wake)
        self._home.switch()

    @contextmanager
    def every_error_but(self, expected: type[Exception]) -> Iterator[None]:
        """Breaks the run: the product would take a fault of the simulation for one of AWS."""
        try:
            yield
        except expected:
            raise
        except Exception as error:
            self.broken.append(error)
            raise

    def _guarded(self, work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except Exception as error:  # as in a thread: nobody else hears of it; here the whole run ends
                self.broken.append(error)

        return run


hub = Hub()


class Event:
    """threading.Event."""

    def __init__(self) -> None:
        self._set = False
        self._waiters: list[Callable[[], object]] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        waiters, self._waiters = self._waiters, []
        for wake in waiters:
            wake()

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        if not self._set:
            hub.park(self._waiters, self.is_set, UNTIL_THE_END_OF_TIME if timeout is None else timeout)
        return self._set


class RLock:
    """threading.RLock, and Lock: nothing here takes a lock twice by mistake."""

    def __init__(self) -> None:
        self._owner: greenlet | None = None
        self._depth = 0
        self._waiters: list[Callable[[], object]] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002
        while self._owner not in (None, getcurrent()):
            if not blocking:
                return False
            hub.park(self._waiters, lambda: self._owner is None, UNTIL_THE_END_OF_TIME)
        self._owner = getcurrent()
        self._depth += 1
        return True

    def release(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            waiters, self._waiters = self._waiters, []
            for wake in waiters:
                wake()

    def locked(self) -> bool:
        return self._owner is not None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition:
    """threading.Condition; nobody is interrupted between a look and a wait, so the lock has nothing to do."""

    def __init__(self, lock: object = None) -> None:
        self._waiters: list[Callable[[], object]] = []

    def __enter__(self) -> Condition:
        return self

    def __exit__(self, *_: object) -> None: ...

    def notify(self, n: int = 1) -> None:
        woken, self._waiters = self._waiters[:n], self._waiters[n:]
        for wake in woken:
            wake()

    def notify_all(self) -> None:
        self.notify(len(self._waiters))

    def wait(self, timeout: float | None = None) -> bool:
        event = Event()
        self._waiters.append(event.set)
        return event.wait(timeout)

    def wait_for(self, reached: Callable[[], Any], timeout: float | None = None) -> Any:
        deadline = hub.now + (UNTIL_THE_END_OF_TIME if timeout is None else timeout)
        while not (answer := reached()) and hub.now < deadline:
            self.wait(deadline - hub.now)
        return answer


class Thread:
    """threading.Thread."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str = "fiber",
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        self.name, self.daemon = name, daemon
        self._work: Callable[[], object] = (
            partial(target, *args, **(kwargs or {})) if target else (lambda: None)
        )
        self._ended = Event()
        self._started = False

    def start(self) -> None:
        self._started = True
        hub.spawn(self._run)

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._ended.set()

    def join(self, timeout: float | None = None) -> None:
        self._ended.wait(timeout)

    def is_alive(self) -> bool:
        return self._started and not self._ended.is_set()
