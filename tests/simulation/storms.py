"""Random storms: two or three rollouts on one or two targets, a fifth of all attempts faulted for a while,
and people and others who do this and that meanwhile. Hypothesis draws them, and shrinks what breaks.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.simulation.calls import Call, Send
from tests.simulation.cases import CASES, Ending
from tests.simulation.child import Child, verdict_of
from tests.simulation.faults import HAPPENS, Fault, Injection
from tests.simulation.fibers import hub
from tests.simulation.interventions import ALONE, intervene
from tests.simulation.part import Role
from tests.simulation.play import Play, Verdict
from tests.simulation.universe import Universe

STEPS = 20  # of a storm: things done, gusts
GUST = 20  # parts of a gust at most, and faults of a part
GAP = 8  # attempts at most between two of a gust: a fifth of all is faulted
LONGEST_WAIT = 40  # seconds
KINDS = (
    Fault.THROTTLED_ONCE,
    Fault.ERROR_BEFORE,
    Fault.ANSWER_LOST,
    Fault.ANSWERS_LOST,
    Fault.KILLED_BEFORE,
    Fault.KILLED_AFTER,
    Fault.ORPHANED,
    Fault.DELIVERED_TWICE,
    Fault.STOPPED,
)
NAMES = ("checkout", "billing", "checkout-too")


# Hypothesis likes to draw the numbers that it finds in our sources: each new one would change every storm.
providers._get_local_constants = Constants

Gust = list[tuple[int, Fault]]
"""Attempts that pass by, and the fault that the next one meets."""
Event = tuple[int, str, int | Gust]
"""Seconds to wait, what happens, and to which part; or a gust."""
Targets = list[tuple[str, Ending]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What is drawn: a case and an ending for each target, whether another service shares the first of them,
    as it does when it is the only one, and what happens, each so many seconds after the one before."""

    targets: tuple[tuple[str, Ending], ...]
    shared: bool
    events: tuple[Event, ...]

    def written(self) -> str:
        """As `--storm` takes it."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str) -> Storm:
        """What `written` wrote."""
        return msgspec.json.decode(text, type=cls)


class Weather:
    """Meets calls with the faults of the gusts, attempt by attempt."""

    def __init__(self, play: Play) -> None:
        self.met = 0
        self._play = play
        self._coming: Gust = []

    def blow(self, gust: Gust) -> None:
        self._coming += gust

    def __call__(self, call: Call, send: Send) -> Any:
        if not self._coming:
            return send()
        passed_by, fault = self._coming[0]
        if passed_by:
            self._coming[0] = passed_by - 1, fault
            return send()
        del self._coming[0]
        self.met += 1
        return HAPPENS[fault](Injection(call.number, fault, self._play), call, send, True)


def weathered(universe: Universe, storm: Storm) -> Verdict:
    """The whole storm and what it leaves."""
    play = Play(universe, [])
    for name, (case, ending) in zip(NAMES, storm.targets, strict=False):
        play.enter(Role(case=CASES[case], ending=ending, name=name))
    if storm.shared:
        case, ending = storm.targets[0]
        play.enter(Role(case=CASES[case], ending=ending, name=NAMES[-1], beside=play.parts[0]))
    weather = Weather(play)
    play.begin()
    universe.calls.meet = weather
    began = hub.now
    for part in play.parts:
        hub.spawn(partial(part.start, "v2"))
    for event in storm.events:
        _happens(event, play, weather)
    return replace(play.end(began), faults=weather.met)


def _happens(event: Event, play: Play, weather: Weather) -> None:
    after, what, more = event
    hub.sleep(after)
    if isinstance(more, list):
        weather.blow(more)
        return
    part = play.parts[more % len(play.parts)]
    if what == "start":
        hub.spawn(partial(part.start, "v2"))
    else:
        intervene(part, what)


class Broken(AssertionError):
    """A storm that breaks an invariant."""


_FAULTS = st.tuples(st.integers(0, GAP), st.sampled_from(KINDS))
_TARGET = st.tuples(st.sampled_from(sorted(CASES)), st.sampled_from([Ending.SUCCEEDS, Ending.ROLLS_BACK]))
TARGETS = st.lists(_TARGET, min_size=1, max_size=2)
WAITS = st.integers(0, LONGEST_WAIT)
GUSTS = st.lists(st.lists(_FAULTS, max_size=GUST), max_size=GUST).map(
    lambda parts: [fault for part in parts for fault in part]
)


class Storms(RuleBasedStateMachine):
    """Only writes down what happens: a storm is judged as a whole, in a process of its own."""

    judge: Callable[[Storm], None]

    def __init__(self) -> None:
        super().__init__()
        self.targets: tuple[tuple[str, Ending], ...] = ()
        self.shared = False
        self.events: list[Event] = []

    @initialize(chosen=TARGETS, shared=st.booleans(), gust=GUSTS)
    def cast(self, chosen: Targets, shared: bool, gust: Gust) -> None:  # noqa: FBT001
        self.targets, self.shared = tuple(chosen), shared or len(chosen) == 1
        self.events.append((0, "gust", gust))

    @rule(after=WAITS, part=st.integers(0, 2))
    def start(self, after: int, part: int) -> None:
        self.events.append((after, "start", part))

    @rule(after=WAITS, part=st.integers(0, 2), what=st.sampled_from(ALONE))
    def somebody(self, after: int, part: int, what: str) -> None:
        self.events.append((after, what, part))

    @rule(after=WAITS, gust=GUSTS)
    def gust(self, after: int, gust: Gust) -> None:
        self.events.append((after, "gust", gust))

    def teardown(self) -> None:
        if any(
            event[1] != "gust" or event[2] for event in self.events
        ):  # else it is just the first one drawn
            self.judge(Storm(targets=self.targets, shared=self.shared, events=tuple(self.events)))


def brew(number: int, judge: Callable[[Storm], None], *, shrink: bool) -> None:
    """The storm of a seed, judged; with `shrink` one that breaks is judged again and again, ever shorter."""

    class Seeded(Storms):
        pass

    Seeded.judge = staticmethod(judge)
    run_state_machine_as_test(
        seed(number)(Seeded),
        settings=settings(
            max_examples=2,  # the first is always the empty one
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stormed:
    """What became of a seed: the faults that were met, and the shortest part that breaks something."""

    seed: int
    faults: int
    violations: tuple[str, ...] = ()
    shortest: str = ""


def stormed(universe: Universe, number: int, *, shrink: bool = False) -> Stormed:
    """Each storm, and each shorter one, in a process of its own that begins with this universe."""
    results: list[Stormed] = []

    def judge(storm: Storm) -> None:
        verdict = _apart(universe, storm)
        found = Stormed(
            seed=number,
            faults=verdict.faults,
            violations=verdict.violations,
            shortest=storm.written(),
        )
        results.append(found)
        if found.violations:
            raise Broken(found.violations[0])

    with suppress(Broken), redirect_stdout(io.StringIO()):
        brew(number, judge, shrink=shrink)
    first = results[0] if results else Stormed(seed=number, faults=0)
    broken = [result for result in results if result.violations]
    if not broken:
        return first
    short = min(broken, key=lambda result: len(result.shortest))
    return replace(short, faults=first.faults)


def _apart(universe: Universe, storm: Storm) -> Verdict:
    child = Child()
    if child.is_me:
        child.tell(verdict_of(lambda: weathered(universe, storm)))
    return child.told()


def shortest(number: int) -> Iterator[str]:
    """What is left of a seed's storm when all is left out without which it breaks as well, and its story."""
    universe = Universe()
    found = stormed(universe, number, shrink=True)
    if found.violations:
        yield f"python -m tests.simulation --storm '{found.shortest}'"
        yield from told(_apart(universe, Storm.read(found.shortest)))
    else:
        yield f"every invariant holds; {found.faults} faults"


def lines(storm: Storm) -> Iterator[str]:
    """A storm repeated, told line by line."""
    return told(weathered(Universe(), storm))


def told(verdict: Verdict) -> Iterator[str]:
    """The story, the end, and what does not hold."""
    yield from verdict.story
    phase = verdict.phase or "no rollout"
    yield f"{phase} after {verdict.seconds} s, {verdict.calls} calls and {verdict.faults} faults"
    yield from verdict.violations
