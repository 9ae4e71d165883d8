"""Every point of a run: the parent walks it once without troubles, and at each call forks a child a trouble.

A child goes on from there by itself, with its trouble, and tells how it ended. What it met is what `repeat`
meets: everything is the same in both, but for the trouble.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.simulation.calls import Call, Send
from tests.simulation.cases import AnyCase, AnyEnding, Case, Ending, FleetCase, Mend, Night, RuleCase
from tests.simulation.child import Child, verdict_of
from tests.simulation.compliance_play import CompliancePlay
from tests.simulation.faults import Injection
from tests.simulation.fleet_play import FleetPlay
from tests.simulation.part import Role
from tests.simulation.play import Play, Verdict
from tests.simulation.points import OF_FINDINGS, Point, Points, Result
from tests.simulation.universe import Universe


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A case, what is to happen to it, and which of the points: those whose place, counted from 0, leaves
    `offset` when divided by `of`; with 0 none: they are counted only."""

    case: AnyCase
    ending: AnyEnding
    troubles: tuple[str, ...]
    offset: int = 0
    of: int = 1

    @property
    def name(self) -> str:
        """The same in every campaign."""
        part = f"{self.offset + 1} of {self.of}" if self.of else "counted"
        return f"{self.case.name} {self.ending} {','.join(self.troubles)} {part}"

    def has(self, place: int) -> bool:
        """Whether the point of that place belongs to it."""
        return bool(self.of) and place % self.of == self.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One case without troubles: how many points it has and how many were tried, by trouble; how many runs
    broke something."""

    way: str
    case: str
    ending: str
    points: dict[str, int]
    tried: dict[str, int]
    broken: int
    verdict: Verdict


def walk(universe: Universe, way: Walk, tell: Callable[[Result], None]) -> Walked:
    """Every point of one case, each told as it ends."""
    play = _play(universe, way.case, way.ending)
    points = Points(universe, OF_FINDINGS if isinstance(way.case, RuleCase) else ())
    places: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    broken = 0
    me: Child | None = None

    def meet(call: Call, send: Send) -> Any:
        nonlocal me, broken
        for trouble in points.at(call, way.troubles):
            places[trouble] += 1
            if not way.has(places[trouble] + way.troubles.index(trouble)):
                continue
            child = Child()
            if child.is_me:
                me = child
                play.trouble = trouble
                universe.calls.meet = Injection(call.number, trouble, play)
                return universe.calls.meet(call, send)
            point = Point(
                case=way.case.name, ending=way.ending, number=call.number, call=str(call), trouble=trouble
            )
            told = child.told()
            tried[trouble] += 1
            broken += bool(told.violations)
            tell(Result(point=point, verdict=told))
        return send()

    universe.calls.meet = meet
    verdict = verdict_of(play.run)
    if me is not None:
        me.tell(verdict)
    return Walked(
        way=way.name,
        case=way.case.name,
        ending=way.ending,
        points=dict(places),
        tried=dict(tried),
        broken=broken + bool(verdict.violations),
        verdict=verdict,
    )


def _play(universe: Universe, case: AnyCase, ending: AnyEnding) -> Play | FleetPlay | CompliancePlay:
    match case:
        case Case():
            return Play(universe, [Role(case=case, ending=Ending(ending))])
        case FleetCase():
            return FleetPlay(universe, case, Night(ending))
        case RuleCase():
            return CompliancePlay(universe, case, Mend(ending))


def repeat(case: AnyCase, ending: AnyEnding, number: int, trouble: str) -> Iterator[str]:
    """One run, told line by line; call 0 is none: the run as it should be."""
    universe = Universe()
    play = _play(universe, case, ending)
    play.trouble = trouble
    injection = Injection(number, trouble, play)
    universe.calls.meet = injection
    verdict = play.run()
    yield from verdict.story
    if injection.met is not None:
        yield f"{trouble} at call {injection.met}"
    yield f"{verdict.phase} after {verdict.seconds} s and {verdict.calls} calls"
    yield from verdict.violations
