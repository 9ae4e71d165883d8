"""Children of a run that go on by themselves, and what they tell through a pipe."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from tests.simulation.play import Verdict

LONGEST_CHILD = 120  # real seconds: a child that hangs is a failure of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One fault at one call of one run."""

    case: str
    ending: str
    number: int
    call: str
    fault: str

    @property
    def command(self) -> str:
        """What repeats it."""
        chosen = f"--case {self.case} --ending {self.ending}"
        if self.fault == "storm":
            return f"python -m tests.simulation {chosen} --seed {self.number}"
        return f"python -m tests.simulation {chosen} --call {self.number} --fault {self.fault}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a point ended; without a verdict its process died."""

    point: Point
    verdict: Verdict | None

    @property
    def violations(self) -> tuple[str, ...]:
        return self.verdict.violations if self.verdict else ("I3 the simulation itself died or hung",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One case without faults, and how many points it has."""

    case: str
    ending: str
    points: int
    verdict: Verdict


class Brood:
    """The children that run now, at most `most` at once."""

    def __init__(self, most: int, tell: Callable[[Result], None]) -> None:
        self._most = most
        self._tell = tell
        self._running: dict[int, tuple[int, Point]] = {}
        self.told: int | None = None

    def fork(self, point: Point) -> bool:
        """True in the child."""
        while len(self._running) >= self._most:
            self._collect()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            self._running.clear()
            os.close(reading)
            signal.alarm(LONGEST_CHILD)
            self.told = writing
            return True
        os.close(writing)
        self._running[reading] = (child, point)
        return False

    def end_as_child(self, verdict: Verdict) -> None:
        """Tell, and leave without a trace of the parent's."""
        assert self.told is not None
        with os.fdopen(self.told, "wb") as pipe:
            pipe.write(msgspec.json.encode(verdict))
        os._exit(0)

    def wait(self) -> None:
        """Until all have told."""
        while self._running:
            self._collect()

    def _collect(self) -> None:
        ready, _, _ = select.select(list(self._running), [], [])
        for reading in ready:
            child, point = self._running.pop(reading)
            with os.fdopen(reading, "rb") as pipe:
                told = pipe.read()
            os.waitpid(child, 0)
            verdict = msgspec.json.decode(told, type=Verdict) if told else None
            self._tell(Result(point=point, verdict=verdict))
