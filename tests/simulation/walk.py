"""Every point of a run: the parent walks it once without faults, and at each call forks a child a fault.

A child goes on from there by itself, with its fault, and tells how it ended through a pipe. What it met is
what `repeat` meets: everything is the same in both, but for the fault.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.brood import Brood, Point, Result, Walked
from tests.simulation.calls import Call, Send
from tests.simulation.cases import Case, Ending
from tests.simulation.faults import Fault, Injection
from tests.simulation.play import Play
from tests.simulation.storms import Plan, Storm, shortest
from tests.simulation.universe import Universe

FAULTS = frozenset(Fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which points of a run: those whose place, counted from 0, leaves `offset` when divided by `of`."""

    offset: int = 0
    of: int = 1

    def has(self, place: int) -> bool:
        return place % self.of == self.offset


class Points:
    """Tells points that differ. Reads of one invocation between which nothing changes are one point: whoever
    dies or is refused at one of them has seen, and done, the same as at the others."""

    def __init__(self, universe: Universe) -> None:
        self._backend = universe.backend
        self._writes = 0
        self._met: set[Hashable] = set()

    def at(self, call: Call, troubles: Sequence[str]) -> list[str]:
        """Those of the troubles that make a new point here."""
        if call.number in self._met:
            return []
        self._met.add(call.number)
        self._writes += call.writes
        fresh = {trouble: self._key(call, trouble) for trouble in troubles}
        found = [trouble for trouble, key in fresh.items() if key not in self._met]
        self._met.update(fresh.values())
        return found

    def _key(self, call: Call, trouble: str) -> Hashable:
        if trouble not in FAULTS:
            return trouble, call.running.number  # between two invocations it makes no difference when
        if call.writes:
            return trouble, call.number
        service = call.service if trouble == Fault.THROTTLED_LONG else ""
        return trouble, call.running.number, self._writes, self._backend.state(), service


def walk(
    case: Case,
    ending: Ending,
    troubles: Sequence[str],
    tell: Callable[[Result], None],
    share: Share | None = None,
    *,
    most: int = 1,
) -> Walked:
    """Every point of one case, each told as it ends; `most` children at once."""
    share = share or Share()
    universe = Universe()
    play = Play(universe, case, ending)
    brood, points = Brood(most, tell), Points(universe)
    places: Counter[str] = Counter()

    def meet(call: Call, send: Send) -> Any:
        for trouble in points.at(call, troubles):
            places[trouble] += 1
            if not share.has(places[trouble] + troubles.index(trouble)):
                continue
            point = Point(case=case.name, ending=ending, number=call.number, call=str(call), fault=trouble)
            if brood.fork(point):
                universe.calls.meet = Injection(call.number, trouble, play)
                return universe.calls.meet(call, send)
        return send()

    universe.calls.meet = meet
    gc.freeze()  # what every child shares with the parent must not be touched, or it is copied
    gc.disable()
    verdict = play.run()
    if brood.told is not None:
        brood.end_as_child(verdict)
    brood.wait()
    return Walked(case=case.name, ending=ending, points=places.total(), verdict=verdict)


def storms(
    case: Case, ending: Ending, plans: Iterable[tuple[int, Plan]], tell: Callable[[Result], None]
) -> None:
    """One run for each plan, by seed."""
    storm = _Storms(case, ending, tell)
    for seed, plan in plans:
        storm.run(seed, plan)


def shrunk(case: Case, ending: Ending, plan: Plan) -> Plan:
    """The shortest part of a storm that still breaks an invariant; nothing when the whole breaks none."""
    told: list[Result] = []
    storm = _Storms(case, ending, told.append)

    def fails(part: Plan) -> bool:
        storm.run(0, part)
        return bool(told[-1].violations)

    return shortest(plan, fails) if fails(plan) else {}


class _Storms:
    """The same beginning, and a child for each storm."""

    def __init__(self, case: Case, ending: Ending, tell: Callable[[Result], None]) -> None:
        self._play = Play(Universe(), case, ending)
        self._brood = Brood(1, tell)
        gc.freeze()
        gc.disable()

    def run(self, seed: int, plan: Plan) -> None:
        """Returns when it has told."""
        case, ending = self._play.case.name, self._play.ending
        point = Point(case=case, ending=ending, number=seed, call=f"seed {seed}", fault="storm")
        if self._brood.fork(point):
            self._play.universe.calls.meet = Storm(plan, self._play)
            self._brood.end_as_child(self._play.run())
        self._brood.wait()


def repeat(case: Case, ending: Ending, number: int, trouble: str, plan: Plan | None = None) -> Iterator[str]:
    """One run, told line by line; call 0 is none: the run as it should be."""
    universe = Universe()
    play = Play(universe, case, ending)
    injection = Injection(number, trouble, play)
    universe.calls.meet = Storm(plan, play) if plan else injection
    verdict = play.run()
    yield from verdict.story
    if injection.met is not None:
        yield f"{trouble} at call {injection.met}"
    yield f"{verdict.phase} after {verdict.seconds} s and {verdict.calls} calls"
    yield from verdict.violations
