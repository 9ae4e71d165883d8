"""The local clock: real time that a test may set forward, never back."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Real time plus an offset; schedules, fleets and the rests of machines follow it, timeouts and alarms do
    not. Who lives in another process finds the offset, in seconds, in the file `told`."""

    def __init__(self, told: Path | None = None) -> None:
        self._offset = timedelta()
        self.told = told
        self._sleepers: set[threading.Event] = set()
        self._lock = threading.RLock()
        self._observers: list[Callable[[], object]] = []
        if told:
            told.unlink(missing_ok=True)

    def now(self) -> datetime:
        """The local time, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance_to(self, moment: datetime) -> None:
        """Sets the clock to `moment` and returns when all observers have seen both sides of the jump.

        Raises ValueError when the moment is in the past or names no time zone.
        """
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone")
        with self._lock:
            distance = moment - self.now()
            if distance < timedelta():
                raise ValueError(f"the clock does not go back: it is {self.now().isoformat()}")
            self._notify()
            self._offset += distance
            self._tell()
            self._notify()
            for sleeper in list(self._sleepers):
                sleeper.set()

    def rest(self, seconds: float, woken: threading.Event, over: Callable[[], bool]) -> None:
        """Returns when so many seconds have passed here, or when `woken` is set and it is `over`."""
        due = self.now() + timedelta(seconds=seconds)
        with self._sleeping(woken):
            while not over() and (left := (due - self.now()).total_seconds()) > 0:
                woken.wait(left)
                woken.clear()

    def on_advance(self, observer: Callable[[], object]) -> None:
        """Calls `observer` just before and just after each jump, in the caller's thread."""
        self._observers.append(observer)

    @contextmanager
    def _sleeping(self, woken: threading.Event) -> Iterator[None]:
        self._sleepers.add(woken)
        try:
            yield
        finally:
            self._sleepers.discard(woken)

    def _tell(self) -> None:
        if self.told:
            self.told.parent.mkdir(parents=True, exist_ok=True)
            # In one step: who reads it in between finds the old one whole.
            fresh = self.told.with_suffix(".new")
            fresh.write_text(str(self._offset.total_seconds()))
            fresh.replace(self.told)

    def _notify(self) -> None:
        for observer in list(self._observers):
            observer()
