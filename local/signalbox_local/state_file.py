"""`.signalbox/` in the working directory: where a runtime listens, who may call it, and what it logs."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

FOLDER = Path(".signalbox")


class AlreadyRunning(Exception):
    """Another runtime serves this folder."""


class StateFolder:
    """The folder of one runtime; a lock that ends with its process tells it from what a dead one left."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.file = folder / "local.json"
        self._lock: IO[str] | None = None

    def acquire(self) -> None:
        """Takes the folder for this process and forgets what a dead one left. Raises AlreadyRunning."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self._lock = self._locked()
        if self._lock is None:
            raise AlreadyRunning
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        # Held until the process itself is gone; the file object lets go of it a little before.
        os.dup(self._lock.fileno())
        self.file.unlink(missing_ok=True)
        for log in self.logs.glob("*.log"):
            log.unlink()

    def write(self, state: Mapping[str, Any]) -> None:
        """Readable by the user alone, whole or not at all."""
        draft = self.file.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(state, file, indent=2)
        draft.replace(self.file)

    def read(self) -> dict[str, Any] | None:
        """What the living runtime has written; None when there is none, or it is not ready yet."""
        if not self.is_held():
            return None
        try:
            state: dict[str, Any] = json.loads(self.file.read_text())
        except FileNotFoundError:
            return None
        return state

    def is_held(self) -> bool:
        """Whether a runtime lives here."""
        if not self.folder.exists():
            return False
        lock = self._locked()
        if lock:
            lock.close()
        return lock is None

    def holder(self) -> int | None:
        """The process id of the runtime that lives here."""
        text = (self.folder / "lock").read_text() if self.is_held() else ""
        return int(text) if text else None

    def forget(self) -> None:
        """Removes what the runtime has written: it no longer listens."""
        self.file.unlink(missing_ok=True)

    def _locked(self) -> IO[str] | None:
        """The locked file, or None when another process holds it."""
        file = (self.folder / "lock").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file
