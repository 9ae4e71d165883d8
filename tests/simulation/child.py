"""A process that goes on by itself from where its parent is, and tells through a pipe how it ended."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from typing import NoReturn

import msgspec

from tests.simulation.play import Verdict

LONGEST_CHILD = 120  # real seconds: a child that hangs is a failure of its own
SILENCE = Verdict(phase="", calls=0, seconds=0, violations=("I3 the simulation died or hung",), story=())


def verdict_of(run: Callable[[], Verdict]) -> Verdict:
    """Also when the simulation itself is broken."""
    try:
        return run()
    except Exception as error:
        where = traceback.format_exc().splitlines()
        text = f"I3 the simulation broke: {error!r}"
        return Verdict(phase="", calls=0, seconds=0, violations=(text,), story=tuple(where))


class Child:
    """Made twice by one call, as by fork: `is_me` in the child."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self._pid = os.fork()
        self.is_me = self._pid == 0
        if self.is_me:
            signal.alarm(LONGEST_CHILD)
        os.close(self._reading if self.is_me else self._writing)

    def tell(self, verdict: Verdict) -> NoReturn:
        """Of the child: its last words. It leaves without a trace of the parent's."""
        with os.fdopen(self._writing, "wb") as pipe:
            pipe.write(msgspec.json.encode(verdict))
        os._exit(0)

    def told(self) -> Verdict:
        """Of the parent, who waits."""
        with os.fdopen(self._reading, "rb") as pipe:
            told = pipe.read()
        os.waitpid(self._pid, 0)
        return msgspec.json.decode(told, type=Verdict) if told else SILENCE
