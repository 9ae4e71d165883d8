"""Which points a run has: the calls at which a trouble makes a difference of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from tests.simulation.calls import Call
from tests.simulation.compliance_people import DEEDS
from tests.simulation.faults import ESTATE, Fault
from tests.simulation.fleet_people import WISHES
from tests.simulation.play import Verdict
from tests.simulation.universe import Universe

FAULTS = frozenset(Fault)
# At a read a lost answer is a refusal: it is asked again, or given up when all are lost.
AT_READS_ALIKE: Mapping[str, str] = {
    Fault.THROTTLED_ONCE: "once",
    Fault.ANSWER_LOST: "once",
    Fault.ERROR_BEFORE: "each time",
    Fault.ANSWERS_LOST: "each time",
}
REMEDIATION = frozenset({"AssessFinding", "AwaitApproval", "ApplyFix", "ProveFix", "UndoFix"})
MACHINE = REMEDIATION | frozenset(
    {"Begin", "Provision", "ShiftTraffic", "ReplaceBatch", "Analyse", "Retire", "Hold", "Restore", "Finish"}
)
# Whose calls a remediation is made of.
OF_FINDINGS = REMEDIATION | frozenset({"OnFinding", "SweepFindings", "Api"})
AT_EACH_WRITE = frozenset({*WISHES, *DEEDS})

# What an outage is worth a point of its own to.
LONG_ENOUGH = frozenset({
    "Restore", "ResolveFleet", "SwitchPower", "VerifyPower", "OnTransition", "OnPowerEvent", "SweepFleets",
    "ProveFix", "UndoFix",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One trouble at one call of one run."""

    case: str
    ending: str
    number: int
    call: str
    trouble: str

    @property
    def command(self) -> str:
        """What repeats it."""
        chosen = f"--case {self.case} --ending {self.ending}"
        return f"python -m tests.simulation {chosen} --call {self.number} --trouble {self.trouble}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a point ended."""

    point: Point
    verdict: Verdict


class Points:
    """Tells points that differ. Reads of one invocation between which nothing changes are one point: whoever
    dies or is refused at one of them has seen, and done, the same as at the others. What people and others
    do is told apart by the step and by who works on it. `functions` are those whose calls count, all when
    none is named."""

    def __init__(self, universe: Universe, functions: Collection[str] = ()) -> None:
        self._functions = functions
        self._backend = universe.backend
        self._writes = 0
        self._last: Call | None = None
        self._met: set[Hashable] = set()

    def at(self, call: Call, troubles: Sequence[str]) -> list[str]:
        """Those of the troubles that make a new point here."""
        is_beside_it = self._functions and call.running.function not in self._functions
        if call.number in self._met or is_beside_it:
            return []
        self._met.add(call.number)
        self._writes += call.writes
        found = []
        for trouble in troubles:
            key = self._key(call, trouble)
            if key is not None and key not in self._met:
                self._met.add(key)
                found.append(trouble)
        self._last = call
        return found

    def _key(self, call: Call, trouble: str) -> Hashable:
        if trouble not in FAULTS:
            return self._moment(call, trouble)
        if trouble == Fault.REFUSED and (call.service not in ESTATE or not call.writes):
            return None
        if trouble == Fault.OUTAGE:
            acts = call.running.function in LONG_ENOUGH and call.service in ESTATE
            return (trouble, call.service, call.writes) if acts else None
        if trouble == Fault.KILLED_BEFORE and self._last is not None and self._last.running is call.running:
            return None  # the same as to be killed after the call before
        if call.writes:
            return trouble, call.number
        service = call.service if trouble == Fault.THROTTLED_LONG else ""
        return (
            AT_READS_ALIKE.get(trouble, trouble),
            call.running.number,
            self._writes,
            self._backend.state(),
            service,
        )

    def _moment(self, call: Call, trouble: str) -> Hashable:
        function = call.running.function
        if "+" in trouble and function not in MACHINE:
            return None
        event = json.loads(call.running.payload or b"{}")
        if trouble in AT_EACH_WRITE:
            return trouble, function, self._writes
        return trouble, function, event.get("step"), event.get("generation")
