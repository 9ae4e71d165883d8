"""A resource that is not as its rule says: found, put right or not, and looked at for some hours more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from moto.events.models import events_backends

from signalbox.compliance.commands.remediate import approve
from signalbox.compliance.decisions.undo import not_made
from signalbox.compliance.model import Resource
from signalbox.compliance.record import State
from signalbox.compliance.rules.registry import RULES
from tests.integration.compliance_stages import violation
from tests.simulation.calls import Call
from tests.simulation.cases import Mend, RuleCase
from tests.simulation.compliance_aftermath import wrong
from tests.simulation.compliance_crowd import Crowd
from tests.simulation.compliance_estate import condition, distrust
from tests.simulation.compliance_observer import ComplianceObserver
from tests.simulation.compliance_part import APPROVER, CompliancePart, owner
from tests.simulation.compliance_people import DEEDS, OWNERS, do, excepted, undo, verb
from tests.simulation.compliance_unproven import AsItIs, OldCopy, OneRefused
from tests.simulation.faults import Fault
from tests.simulation.fibers import Thread, hub
from tests.simulation.fleet_aftermath import items
from tests.simulation.play import Verdict
from tests.simulation.points import OF_FINDINGS
from tests.simulation.universe import ACCOUNT, REGION, Universe

CONFIG_LOOKS_EVERY = 15.0  # seconds
APPROVERS_LOOK_EVERY = 45.0
SETTLED = 60.0  # seconds until what nobody entrusted has been found and left
A_LOOK, QUIET = 5.0, 100.0  # seconds without a call: nothing but time brings it on
AN_HOUR, A_SWEEP = 3600.0, 40.0
LOST_FOR = 1800.0  # seconds in which no event of AWS Config arrives
LONGEST = 12 * AN_HOUR  # until all must have ended
AFTERWARDS = 2  # hours: sweeps
ROUNDS = 2  # looks for a proof that never comes; then the time for it is over at once
ENDS: dict[Mend, State] = {
    Mend.REMEDIATED: State.REMEDIATED,
    Mend.SWEPT: State.REMEDIATED,
    Mend.UNDONE: State.FAILED,
    Mend.REFUSED: State.FAILED,
    Mend.LEFT: State.OPEN,
    Mend.EXCEPTED: State.EXCEPTED,
    Mend.UNDONE_BY_PERSON: State.EXCEPTED,
}
# What keeps AWS from doing what is asked for longer than the machine tries: then it is enough to undo it.
EXCUSES = frozenset({Fault.REFUSED, Fault.OUTAGE, Fault.THROTTLED_LONG})


def _aws(case: RuleCase, ending: Mend) -> AsItIs:
    match ending:
        case Mend.UNDONE:
            return OldCopy()
        case Mend.REFUSED:
            return OneRefused(case.refused)
    return AsItIs()


class CompliancePlay:
    """The rule of the case is the only one that AWS Config has. Beside what is to be put right stands such a
    resource that nobody has entrusted."""

    def __init__(self, universe: Universe, case: RuleCase, ending: Mend) -> None:
        self.universe = universe
        self.case, self.ending = case, ending
        self.trouble = ""
        self.parts: list[CompliancePart] = []
        self._over: set[datetime] = set()
        universe.keep_config_rule(RULES[case.rule].identifier)
        twins = [] if case.of_account else [self._violation(is_entrusted=False)]
        beside = {twin: condition(twin) for twin in twins}
        if ending is Mend.EXCEPTED:
            excepted(universe, case.rule)
        if beside:
            Thread(target=self._config_looks).start()
            hub.sleep(SETTLED)
        universe.calls.forget()
        universe.calls.aws = _aws(case, ending)
        if ending is Mend.SWEPT:
            self._lose_events()
        for _ in range(case.many):
            resource = self._violation(is_entrusted=ending is not Mend.LEFT)
            self.parts.append(CompliancePart(universe, case.rule, resource))
        self.part = self.parts[0]
        self.observers = [ComplianceObserver(part, beside) for part in self.parts]
        self.crowd = Crowd(self.parts)
        universe.calls.seen = self._look
        if not beside:
            Thread(target=self._config_looks).start()
        if case.is_approved:
            Thread(target=self._approve).start()
        if ending is Mend.UNDONE_BY_PERSON:
            Thread(target=self._undo).start()

    def intervene(self, names: str) -> None:
        """Somebody does something to the finding or to its resource, of several to the first."""
        do(self.part, names, self.observers[0].meddle)

    def _look(self, call: Call) -> None:
        for observer in self.observers:
            observer.look(call)
        self.crowd.look(call)

    def run(self) -> Verdict:
        """From the first look of AWS Config to some hours after the end."""
        began = hub.now
        has_ended = self._has_ended()
        took, calls = hub.now - began, len(self.universe.calls.made)
        self.universe.calls.meet = lambda call, send: send()
        for _ in range(AFTERWARDS):
            hub.leap(hub.now + AN_HOUR)
            hub.sleep(A_SWEEP)
        late = () if has_ended else (f"I3 it has not ended after {LONGEST:.0f} s",)
        findings = [part.finding() for part in self.parts]
        seen = [text for observer in self.observers for text in observer.violations.values()]
        return Verdict(
            phase=" ".join(sorted({str(each.state) if each else "unknown" for each in findings})),
            calls=calls,
            seconds=round(took, 2),
            violations=(*seen, *self.crowd.violations, *late, *self._aftermath()),
            story=tuple(sorted(line for part in self.parts for line in part.story())),
        )

    def _violation(self, *, is_entrusted: bool) -> Resource:
        resource = violation(self.case.rule, owner(self.universe))
        if not is_entrusted:
            distrust(self.universe.client, resource)
        return resource

    def _config_looks(self) -> None:
        while True:
            hub.sleep(CONFIG_LOOKS_EVERY)
            self.universe.config_rules.evaluate()

    def _lose_events(self) -> None:
        rules = events_backends[ACCOUNT][REGION].event_buses["default"].rules
        rule = rules[self.universe.stack.ref("ComplianceRule")]
        rule.state = "DISABLED"
        hub.call_later(LOST_FOR, lambda: setattr(rule, "state", "ENABLED"))

    def _approve(self) -> None:
        """Somebody who agrees to whatever waits, and tries again until it has been heard."""
        while True:
            hub.sleep(APPROVERS_LOOK_EVERY)
            finding = self.part.finding()
            if finding and finding.state is State.WAITING and finding.remediation.approval is None:
                verb(approve, APPROVER, self.part)

    def _undo(self) -> None:
        """Somebody whose application each fix breaks, and who tries again until it is taken back, while the
        owner of the resource wants that."""
        while True:
            hub.sleep(APPROVERS_LOOK_EVERY)
            finding, now = self.part.finding(), condition(self.part.resource)
            if finding and not not_made(finding) and now is not None and now.is_entrusted:
                undo(self.part)

    def _has_ended(self) -> bool:
        """Let it come to its end; hours in which nothing is done but wait are leapt over."""
        deadline = hub.now + LONGEST + self.part.rule.playbook.within.total_seconds()
        while hub.now < deadline:
            done, until = self._work_done(), hub.now + QUIET
            while hub.now < until:
                hub.sleep(A_LOOK)
                self._run_out_of_time()
            if done == self._work_done():
                if all(part.rests() for part in self.parts) and not self._goes_on():
                    return True
                hub.leap(hub.now + AN_HOUR)
        return False

    def _goes_on(self) -> bool:
        """Whether some wait for their turn; after a failure they wait for people."""
        states = {finding.state for part in self.parts if (finding := part.finding())}
        return State.FAILED not in states and any(part.waits for part in self.parts)

    def _work_done(self) -> int:
        return sum(call.running.function in OF_FINDINGS for call in self.universe.calls.made)

    def _run_out_of_time(self) -> None:
        """The proof that never comes has been looked for often enough."""
        found = [part.finding() for part in self.parts]
        trying = [each for each in found if each and each.state is State.REMEDIATING]
        if self.ending is not Mend.UNDONE or not trying:
            return
        acted_at = max(each.remediation.acted_at for each in trying if each.remediation.acted_at)
        if all(each.remediation.rounds >= ROUNDS for each in trying) and acted_at not in self._over:
            self._over.add(acted_at)
            hub.leap((acted_at + self.part.rule.playbook.within).timestamp() + A_LOOK)

    def _allowed(self) -> set[State]:
        """Where the finding may be in the end."""
        states = {ENDS[self.ending]}
        if self.trouble in EXCUSES:
            states.add(State.FAILED)
        if self.ending is Mend.UNDONE_BY_PERSON and "distrusted" in self.part.ordered:
            states.add(State.REMEDIATED)  # nobody may take it back any more
        if self.case.many > 1 and State.FAILED in states:
            states.add(State.OPEN)  # nobody goes on after a failure
        return states.union(*(DEEDS[name].leads_to for name in self.part.ordered))

    def _aftermath(self) -> Iterator[str]:
        bus = [recorded.event for recorded in self.universe.bus.events() if recorded.bus == "signalbox"]
        may_stick = self.part.refused or bool({*OWNERS} & {*self.part.ordered})
        for part in self.parts:
            yield from wrong(part, bus, self._allowed(), may_stick=may_stick)
        yield from items(list(self.universe.items("")))
        yield from (f"I3 a function raised {error}" for error in self.universe.functions.blunders())
