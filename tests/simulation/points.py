"""Which points a run has: the calls at which a trouble makes a difference of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from tests.simulation.calls import Call
from tests.simulation.compliance_people import DEEDS
from tests.simulation.faults import ESTATE, Fault
from tests.simulation.fleet_people import WISHES
from tests.simulation.interventions import INTERVENTIONS, STARTS
from tests.simulation.play import Verdict
from tests.simulation.universe import Universe

FAULTS = frozenset(Fault)
# At a read a lost answer is a refusal: it is asked again, or given up when all are lost.
AT_READS_ALIKE: Mapping[str, str] = {
    Fault.THROTTLED_ONCE: "once",
    Fault.ANSWER_LOST: "once",
    Fault.TIMEOUT_ONCE: "once",
    Fault.ERROR_BEFORE: "each time",
    Fault.ANSWERS_LOST: "each time",
}
REMEDIATION = frozenset({"AssessFinding", "AwaitApproval", "ApplyFix", "ProveFix", "UndoFix"})
MACHINE = REMEDIATION | frozenset(
    {"Begin", "Provision", "ShiftTraffic", "ReplaceBatch", "Analyse", "Retire", "Hold", "Restore", "Finish"}
)
# Whose calls a remediation is made of.
OF_FINDINGS = REMEDIATION | frozenset({"OnFinding", "SweepFindings", "Api"})
# It matters which read meets it: what is caught differs, or what was seen before is older than the rest.
AT_EACH_READ = frozenset(
    {Fault.ERROR_BEFORE, Fault.ANSWERS_LOST, Fault.ORPHANED, Fault.DELIVERED_TWICE, Fault.TIMEOUT}
)
AT_EACH_WRITE = frozenset({*WISHES, *DEEDS})

# What can be down for long, and what an outage is worth a point of its own to.
FAILING = ESTATE | {"dynamodb"}
LONG_ENOUGH = frozenset({
    "Retire", "Restore", "Finish",
    "ResolveFleet", "SwitchPower", "VerifyPower", "ReportFleet",
    "OnTransition", "OnPowerEvent", "SweepFleets",
    "AssessFinding", "AwaitApproval", "ApplyFix", "ProveFix", "UndoFix",
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
    dies at one of them has seen, and done, the same as at the others; what does not only die meets each kind
    of read of a step once. What people and others do is told apart by the step, by who works on it, and by
    whether he only looks yet or writes. `functions` are those whose calls count, all when none is named."""

    def __init__(self, universe: Universe, functions: Collection[str] = ()) -> None:
        self._functions = functions
        self._universe, self._backend = universe, universe.backend
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
            keys = self._keys(call, trouble)
            if not keys <= self._met:
                self._met |= keys
                found.append(trouble)
        self._last = call
        return found

    def _keys(self, call: Call, trouble: str) -> set[Hashable]:
        """It is new when one of them is; none: it does nothing there."""
        key = self._key(call, trouble)
        if key is None:
            return set()
        if trouble in AT_EACH_READ and not call.writes:
            step = json.loads(call.running.payload or b"{}").get("step")
            kind = AT_READS_ALIKE.get(trouble, trouble)
            return {key, (kind, call.running.function, step, call.service, call.operation)}
        return {key}

    def _key(self, call: Call, trouble: str) -> Hashable:
        if trouble not in FAULTS:
            return self._moment(call, trouble)
        if self._does_nothing(call, trouble):
            return None
        if trouble == Fault.OUTAGE:
            return trouble, call.service, call.writes, call.running.number
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

    def _does_nothing(self, call: Call, trouble: str) -> bool:
        match trouble:
            case Fault.REFUSED:
                return call.service not in ESTATE or not call.writes
            case Fault.OUTAGE:
                return call.running.function not in LONG_ENOUGH or call.service not in FAILING
            case Fault.DELIVERED_TWICE:  # of the API: who asks again is another caller
                return not call.running.payload
            case Fault.STOPPED:
                return not self._universe.runs()
            case Fault.KILLED_BEFORE:  # the same as to be killed after the call before
                return self._last is not None and self._last.running is call.running
        return False

    def _moment(self, call: Call, trouble: str) -> Hashable:
        function = call.running.function
        if "+" in trouble and function not in MACHINE:
            return None
        if function == "Api" and trouble in INTERVENTIONS and trouble not in STARTS:
            return None  # there is no rollout yet
        event = json.loads(call.running.payload or b"{}")
        if trouble in AT_EACH_WRITE:
            return trouble, function, self._writes
        acts = call.writes and function in MACHINE and "+" not in trouble
        return trouble, function, event.get("step"), event.get("generation"), acts
