"""Random storms: a fifth of all attempts is faulted for a while, and people do this and that meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tests.simulation.calls import Call, Send
from tests.simulation.faults import HAPPENS, Fault, Injection
from tests.simulation.interventions import ALONE, intervene

if TYPE_CHECKING:
    from tests.simulation.play import Play

Plan = Mapping[int, str]
"""The number of an attempt, counted from 1 -> what happens to it."""
ATTEMPTS = 1_500  # of a storm: after these it is calm
FAULTED = 0.2
DONE = 0.004  # that somebody does something
KINDS = (
    *(Fault.THROTTLED_ONCE, Fault.THROTTLED_ONCE, Fault.ERROR_BEFORE, Fault.ANSWER_LOST, Fault.ANSWERS_LOST),
    *(Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.DELIVERED_TWICE),
)
STOPPED = 0.01  # of the faults: an execution stopped


def plan_of(seed: int) -> Plan:
    """The storm of a seed."""
    chance = random.Random(seed)
    plan: dict[int, str] = {}
    for attempt in range(1, ATTEMPTS + 1):
        drawn = chance.random()
        if drawn < FAULTED:
            plan[attempt] = Fault.STOPPED if chance.random() < STOPPED else chance.choice(KINDS)
        elif drawn < FAULTED + DONE:
            plan[attempt] = chance.choice(ALONE)
    return plan


class Storm:
    """Injects a plan, attempt by attempt."""

    def __init__(self, plan: Plan, play: Play) -> None:
        self._plan = plan
        self._play = play
        self._attempts = 0

    def __call__(self, call: Call, send: Send) -> Any:
        self._attempts += 1
        trouble = self._plan.get(self._attempts)
        if trouble is None:
            return send()
        if trouble in HAPPENS:
            return HAPPENS[Fault(trouble)](Injection(call.number, trouble, self._play), call, send, True)
        if self._play.rollouts():
            intervene(self._play, trouble)
        return send()


def shortest(plan: Plan, fails: Callable[[Plan], bool]) -> Plan:
    """A part of the plan that still fails and of which nothing can be left out: ever smaller pieces go."""
    attempts, size = sorted(plan), len(plan)
    while size := size // 2:
        start = 0
        while start < len(attempts):
            rest = attempts[:start] + attempts[start + size :]
            if fails(_only(plan, rest)):
                attempts = rest
            else:
                start += size
    return _only(plan, attempts)


def _only(plan: Plan, attempts: Iterable[int]) -> Plan:
    return {attempt: plan[attempt] for attempt in attempts}


def written(plan: Plan) -> str:
    """`31:killed-after,77:abort`, as `--storm` takes it."""
    return ",".join(f"{attempt}:{trouble}" for attempt, trouble in sorted(plan.items()))


def read(text: str) -> Plan:
    """What `written` wrote."""
    pairs = [part.split(":") for part in text.split(",")]
    return {int(attempt): trouble for attempt, trouble in pairs}
