"""A background thread that does the same work again and again until it is stopped."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Rounds:
    """Calls `work` each `seconds`, on one thread named `name`; no thread is left after `stop`."""

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        self._name = name
        self._seconds = seconds
        self._work = work
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the round under way has ended."""
        self._stopping.set()
        if self._thread:
            self._thread.join()
        self._thread = None

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._work()
            # One bad record must not stop the engine for all others: it is logged and met again next round.
            except Exception:
                log.exception("a round of %s failed", self._name)
