"""All points of all cases, on all processors, until the time is over; and what came of it, in a table."""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from tests.simulation.brood import Result, Walked
from tests.simulation.cases import CASES, Case, Ending
from tests.simulation.faults import Fault
from tests.simulation.interventions import ALONE, PAIRS
from tests.simulation.storms import Plan, plan_of, read, written
from tests.simulation.walk import Share, repeat, shrunk, storms, walk

PASSES = 16  # each goes over all cases with another sixteenth of their points
INVARIANTS = 10


def single(given: argparse.Namespace) -> int:
    """One run, told in full."""
    case, ending = CASES[given.case], Ending(given.ending)
    plan = _plan(given)
    if plan and given.shrink:
        short = shrunk(case, ending, plan)
        chosen = f"--case {case.name} --ending {ending} --storm {written(short)}" if short else ""
        print(f"python -m tests.simulation {chosen}" if short else "every invariant holds")
        return 1 if short else 0
    lines = list(repeat(case, ending, given.call or 0, given.fault or "", plan))
    print(*lines, sep="\n")
    return 1 if any(line.startswith("I") for line in lines) else 0


def _plan(given: argparse.Namespace) -> Plan | None:
    if given.storm:
        return read(given.storm)
    return None if given.seed is None else plan_of(given.seed)


def campaign(given: argparse.Namespace) -> int:
    """Print each violation as it is found, then the table, then the line."""
    troubles = given.fault.split(",") if given.fault else [*Fault, *ALONE, *PAIRS]
    tally = Tally(as_json=given.json)
    tasks = _tasks(given)
    deadline = time.monotonic() + given.minutes * 60
    Walkers(given.processes, troubles, tally).run(tasks, deadline)
    print(*tally.lines(), sep="\n")
    return 1 if tally.broken else 0


Task = tuple[Case, Ending, Share | range]
"""A part of the points of a case, or some seeds of its storms."""


def _tasks(given: argparse.Namespace) -> Iterator[Task]:
    """Every case in turn with a part of its points, then each with the next part: all grow alike."""
    cases = [CASES[given.case]] if given.case else list(CASES.values())
    pairs = [(c, e) for c in cases for e in c.endings if given.ending in (None, e)]
    if given.seeds:
        yield from _storms(pairs, given.seeds)
        return
    most = PASSES if len(pairs) > 1 else given.processes  # each pass begins anew: no more than are of use
    passes = 1 if given.every > 1 else most
    for offset in sorted(range(passes), key=lambda number: f"{number:04b}"[::-1]):
        for case, ending in pairs:
            yield case, ending, Share(offset=offset, of=max(passes, given.every))


def _storms(pairs: Sequence[tuple[Case, Ending]], seeds: int) -> Iterator[Task]:
    """As many for each case; no seed twice."""
    for place, (case, ending) in enumerate(pairs):
        yield case, ending, range(place, seeds, len(pairs))


@dataclass
class Tally:
    """What was found, by preset and kind."""

    as_json: bool = False
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)
    survived: Counter[tuple[str, str]] = field(default_factory=Counter)
    points: dict[tuple[str, str], int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def add(self, result: Result) -> None:
        key = (result.point.case.partition("/")[0], result.point.fault)
        self.injected[key] += 1
        self.survived[key] += not result.violations
        self.broken |= {text.partition(" ")[0] for text in result.violations}
        if self.as_json:
            print(msgspec.json.encode(result).decode(), flush=True)
        elif result.violations:
            print(
                result.point.command, f"  # {result.point.call}", *result.violations, sep="\n  ", flush=True
            )

    def end(self, walked: Walked) -> None:
        self.points[walked.case, walked.ending] = walked.points
        self.broken |= {text.partition(" ")[0] for text in walked.verdict.violations}
        for text in walked.verdict.violations:
            print(f"{walked.case} {walked.ending} without a fault: {text}", flush=True)

    def lines(self) -> Iterator[str]:
        """A row for each kind, a column for each preset: survived of injected; then the line."""
        presets = list(dict.fromkeys(preset for preset, _ in self.injected))
        yield "| fault | " + " | ".join(presets) + " |"
        yield "| --- |" + " ---: |" * len(presets)
        for fault in dict.fromkeys(fault for _, fault in self.injected):
            row = [f"{self.survived[p, fault]:,} of {self.injected[p, fault]:,}" for p in presets]
            yield f"| {fault} | " + " | ".join(row) + " |"
        yield self._line()

    def _line(self) -> str:
        seeds = sum(count for (_, kind), count in self.injected.items() if kind == "storm")
        injected, survived = self.injected.total() - seeds, self.survived.total()
        held = INVARIANTS - len(self.broken)
        points = sum(self.points.values())
        return (
            f"faults injected {injected:,}, survived {survived:,}, invariants {held}/{INVARIANTS}, "
            f"seeds {seeds:,}; points {injected:,} of {points:,}"
        )


class Walkers:
    """Processes that walk, `most` at once; a line of JSON comes back for each point."""

    def __init__(self, most: int, troubles: Sequence[str], tally: Tally) -> None:
        self._most = most
        self._troubles = troubles
        self._tally = tally
        self._running: dict[int, int] = {}
        self._pipes = selectors.DefaultSelector()

    def run(self, tasks: Iterator[Task], deadline: float) -> None:
        """Until all tasks are done or the time is over."""
        waiting = True
        while (waiting or self._running) and time.monotonic() < deadline:
            while waiting and len(self._running) < self._most:
                task = next(tasks, None)
                waiting = task is not None
                if task is not None:
                    self._start(*task)
            self._read(deadline)
        for child in self._running.values():
            os.kill(child, signal.SIGTERM)

    def _start(self, case: Case, ending: Ending, part: Share | range) -> None:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._walk(writing, case, ending, part)
        os.close(writing)
        self._running[reading] = child
        self._pipes.register(os.fdopen(reading, "rb"), selectors.EVENT_READ)

    def _walk(self, writing: int, case: Case, ending: Ending, part: Share | range) -> None:
        def tell(result: Result | Walked) -> None:
            kind = b"W" if isinstance(result, Walked) else b"R"
            os.write(writing, kind + msgspec.json.encode(result) + b"\n")

        try:
            if isinstance(part, range):
                storms(case, ending, ((seed, plan_of(seed)) for seed in part), tell)
            else:
                tell(walk(case, ending, self._troubles, tell, part))
        finally:
            sys.stdout.flush()
            os._exit(0)

    def _read(self, deadline: float) -> None:
        for key, _ in self._pipes.select(max(0.0, deadline - time.monotonic())):
            pipe = key.fileobj
            assert not isinstance(pipe, int)
            line: bytes = pipe.readline()  # type: ignore[attr-defined]
            if line:
                self._heard(line)
                continue
            self._pipes.unregister(pipe)
            os.waitpid(self._running.pop(key.fd), 0)

    def _heard(self, line: bytes) -> None:
        if line[:1] == b"W":
            self._tally.end(msgspec.json.decode(line[1:], type=Walked))
        else:
            self._tally.add(msgspec.json.decode(line[1:], type=Result))
