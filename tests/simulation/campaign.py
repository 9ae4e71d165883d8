"""All points of all cases, on all processors, until the time is over; and storms."""

from __future__ import annotations

import argparse
import fnmatch
import os
import selectors
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from tests.simulation import compliance_people
from tests.simulation.cases import EVERY_CASE, AnyCase, AnyEnding, Case, FleetCase, Night, RuleCase, ending_of
from tests.simulation.faults import Fault
from tests.simulation.fleet_people import WISHES
from tests.simulation.interventions import ALONE, PAIRS
from tests.simulation.points import AT_READS_ALIKE, FAULTS, Result
from tests.simulation.record import Record
from tests.simulation.storms import Storm, Stormed, lines, shortest, stormed
from tests.simulation.tally import Tally
from tests.simulation.universe import Universe
from tests.simulation.walk import Walk, Walked, repeat, walk

SEEDS_AT_ONCE = 10
# What is walked together, and in how many parts; of troubles that are the same at a read, one is met there.
KINDS: Sequence[tuple[tuple[str, ...], int]] = (
    ((Fault.ANSWER_LOST, Fault.THROTTLED_ONCE, Fault.TIMEOUT_ONCE), 4),
    ((Fault.ERROR_BEFORE, Fault.ANSWERS_LOST), 3),
    *(((fault,), 2) for fault in Fault if fault not in AT_READS_ALIKE),
    (ALONE, 4),
    (PAIRS, 8),
    (tuple(WISHES), 2),
    (compliance_people.ALONE, 2),
    (compliance_people.PAIRS, 2),
)
# What people and others do, by what they do it to: no two have a name in common.
DEEDS = {
    Case: {*ALONE, *PAIRS},
    FleetCase: {*WISHES},
    RuleCase: {*compliance_people.ALONE, *compliance_people.PAIRS},
}


def single(given: argparse.Namespace) -> int:
    """One run, told in full."""
    if given.seed is not None:
        told = list(shortest(given.seed))
    elif given.storm:
        told = list(lines(Storm.read(given.storm)))
    else:
        case = EVERY_CASE[given.case]
        told = list(repeat(case, ending_of(case, given.ending), given.call or 0, given.trouble or ""))
    print(*told, sep="\n")
    return 1 if any(line.startswith("I") for line in told) else 0


def campaign(given: argparse.Namespace, universe: Universe) -> int:
    """Print each violation as it is found, then the table, then the line; 1 when there is one. Every process
    begins with the universe as it is."""
    tally = Tally(as_json=given.json)
    record = None if given.trouble or given.no_points else Record()
    ours = {walk.name for walk in [*_counted(given), *chosen(given)]}
    for walked in record.walked() if record else ():
        if walked.way in ours:
            tally.before(walked)
    deadline = time.monotonic() + given.minutes * 60
    Walkers(universe, given.processes, tally, record).run(_tasks(given, record), deadline)
    print(*tally.lines(), sep="\n")
    return 1 if tally.broken or tally.dead else 0


Task = Walk | range
"""Or the storms of some seeds."""


def _tasks(given: argparse.Namespace, record: Record | None) -> Iterator[Task]:
    """Always what has been tried least so far: in campaigns before, then of its kind, then of its case."""
    waiting = _waiting(given)
    tried: Counter[str] = Counter()
    before: Counter[str] = Counter()
    if record:
        before = record.times()
        yield from (walk for walk in _counted(given) if not before[walk.name])
    while waiting:
        task = min(waiting, key=lambda one: [before[_whole(one)], *(tried[name] for name in _names(one))])
        waiting.remove(task)
        tried.update(_names(task))
        yield task


def _whole(task: Task) -> str:
    return task.name if isinstance(task, Walk) else str(task)


def _names(task: Task) -> tuple[str, ...]:
    """What is counted of a task: its kind, its case, and both."""
    if isinstance(task, range):
        return ("storms",)
    kind, case = task.troubles[0], f"{task.case.name} {task.ending}"
    return kind, case, f"{kind} {case}"


def _waiting(given: argparse.Namespace) -> list[Task]:
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    storms: list[Task] = [seeds[at : at + SEEDS_AT_ONCE] for at in range(0, len(seeds), SEEDS_AT_ONCE)]
    return storms if given.no_points else [*chosen(given), *storms]


def _kinds(given: argparse.Namespace) -> list[tuple[tuple[str, ...], int]]:
    """Those of `KINDS` that are asked for: faults of a call, or what people and others do, or all."""
    return [
        (troubles, parts)
        for troubles, parts in KINDS
        if given.only is None or (troubles[0] in FAULTS) is (given.only == "faults")
    ]


def _runs(given: argparse.Namespace) -> list[tuple[AnyCase, AnyEnding]]:
    endings = given.ending.split(",") if given.ending else None
    return [
        (case, ending)
        for case in _cases(given.case or "*")
        for ending in case.endings
        if not endings or ending in endings
    ]


def _cases(patterns: str) -> list[AnyCase]:
    """Raises SystemExit for a name, or pattern, that no case has."""
    names = [
        name for pattern in patterns.split(",") for name in fnmatch.filter(EVERY_CASE, pattern) or [pattern]
    ]
    unknown = [name for name in names if name not in EVERY_CASE]
    if unknown:
        raise SystemExit(f"no case is called {', '.join(unknown)}; there are {', '.join(EVERY_CASE)}")
    return [EVERY_CASE[name] for name in dict.fromkeys(names)]


def _counted(given: argparse.Namespace) -> list[Walk]:
    """Every case once without a fault: how many points there are in all."""
    return [
        Walk(
            case=case,
            ending=ending,
            troubles=tuple(
                chain(*(troubles for troubles, _ in _kinds(given) if _happens_to(case, ending, troubles)))
            ),
            of=0,
        )
        for case, ending in _runs(given)
    ]


def chosen(given: argparse.Namespace) -> list[Walk]:
    """Each begins anew: the parts are as large as the order of what comes next lets them be."""
    every = given.of is None
    parts_of = given.processes if every else given.of
    kinds = [(tuple(given.trouble.split(",")), parts_of)] if given.trouble else _kinds(given)
    return [
        Walk(case=case, ending=ending, troubles=troubles, offset=offset, of=parts)
        for troubles, parts in kinds
        for case, ending in _runs(given)
        for offset in (range(parts) if every else (0,))
        if _happens_to(case, ending, troubles)
    ]


def _happens_to(case: AnyCase, ending: AnyEnding, troubles: tuple[str, ...]) -> bool:
    """People do other things to rollouts than to fleets and findings, and ask nothing of a fleet when some of
    it has been switched by somebody else."""
    others = set().union(*(deeds for kind, deeds in DEEDS.items() if kind is not type(case)))
    if isinstance(ending, Night) and not ending.is_transition:
        others |= DEEDS[FleetCase]
    return not {*troubles} & others


class Walkers:
    """Processes that walk, `most` at once; a line of JSON comes back for each point."""

    def __init__(self, universe: Universe, most: int, tally: Tally, record: Record | None) -> None:
        self._universe = universe
        self._most = most
        self._tally = tally
        self._record = record
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
                    self._start(task)
            if self._running:
                self._read(deadline)
        for child in self._running.values():
            os.killpg(child, signal.SIGTERM)

    def _start(self, task: Task) -> None:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.close(reading)
            self._work(writing, task)
        os.close(writing)
        self._running[reading] = child
        self._pipes.register(os.fdopen(reading, "rb"), selectors.EVENT_READ)

    def _work(self, writing: int, task: Task) -> None:
        def tell(told: Result | Walked | Stormed) -> None:
            os.write(writing, type(told).__name__.encode() + b" " + msgspec.json.encode(told) + b"\n")

        try:
            if isinstance(task, range):
                for seed in task:
                    tell(stormed(self._universe, seed))
            else:
                tell(walk(self._universe, task, tell))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
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
            _, status = os.waitpid(self._running.pop(key.fd), 0)
            if status:
                self._tally.died()

    def _heard(self, line: bytes) -> None:
        kind, _, told = line.partition(b" ")
        if kind == b"Walked":
            walked = msgspec.json.decode(told, type=Walked)
            self._tally.end(walked)
            if self._record:
                self._record.add(walked)
        elif kind == b"Stormed":
            self._tally.storm(msgspec.json.decode(told, type=Stormed))
        else:
            self._tally.add(msgspec.json.decode(told, type=Result))
