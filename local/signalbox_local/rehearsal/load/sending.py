"""The parent's side of a load process."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signalbox_local.rehearsal.load.orders import Orders, Request

STOPPING_SECONDS = 5.0


class Load:
    """What has been told so far; a snapshot can be taken at any time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._requests: list[Request] = []
        self._thread = threading.Thread(target=self._read, name="load", daemon=True)
        self._thread.start()

    @property
    def requests(self) -> tuple[Request, ...]:
        """Answered or given up, in the order of their ends."""
        return tuple(self._requests)

    def died(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Returns when the process is gone and everything is read."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(STOPPING_SECONDS)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._requests.extend(Request(*fields) for fields in json.loads(line))


@contextmanager
def sending(orders: Orders, folder: Path) -> Iterator[Load]:
    """Requests flow from here to the end of the block, by a process that works in that folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "signalbox_local.rehearsal.load"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    load = Load(process)
    try:
        if process.stdin:
            process.stdin.write(orders.line() + "\n")
            process.stdin.flush()
        yield load
    finally:
        load.stop()
