"""The local clock: real time that a test may set forward, never back."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset; schedules follow it, timeouts and alarms do not."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.RLock()
        self._observers: list[Callable[[], object]] = []

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
            self._notify()

    def on_advance(self, observer: Callable[[], object]) -> None:
        """Calls `observer` just before and just after each jump, in the caller's thread."""
        self._observers.append(observer)

    def _notify(self) -> None:
        for observer in list(self._observers):
            observer()
