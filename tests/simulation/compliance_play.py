"""A resource that is not as its rule says: found, put right or not, and looked at for some hours more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from moto.events.models import events_backends

from signalbox.compliance.commands.remediate import approve
from signalbox.compliance.decisions.undo import not_made
from signalbox.compliance.model import Resource
from signalbox.compliance.record import State
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.steps.assess_finding import APPROVE_WITHIN
from signalbox.compliance.steps.look import longest_rest
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
from tests.simulation.compliance_windows import Windows
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
LONGEST = 12 * AN_HOUR  # until all must have ended, beside what is waited for
MOST_WAITS = 3  # once, and once for each of two that people ask for
AFTERWARDS = 2  # hours: sweeps
ROUNDS = 2  # looks for a proof that never comes; then the time for it is over at once
WINDOW_AFTER = {Mend.IN_WINDOW: 26 * AN_HOUR, Mend.WINDOW_MISSED: 9 * 24 * AN_HOUR}
ENDS: dict[Mend, State] = {
    Mend.REMEDIATED: State.REMEDIATED,
    Mend.SWEPT: State.REMEDIATED,
    Mend.IN_WINDOW: State.REMEDIATED,
    Mend.UNDONE: State.FAILED,
    Mend.WINDOW_MISSED: State.FAILED,
    Mend.REFUSED: State.FAILED,
    Mend.LEFT: State.OPEN,
    Mend.EXCEPTED: State.EXCEPTED,
    Mend.LAPSED: State.OPEN,
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
        if ending.has_window:
            Windows(WINDOW_AFTER[ending])
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
        if case.is_approved and ending is not Mend.LAPSED:
            Thread(target=self._approve).start()
        if ending is Mend.UNDONE_BY_PERSON:
            Thread(target=self._undo).start()

    def intervene(self, names: str, call: Call) -> None:
        """Somebody does something to the finding or to its resource, of several to one that waits for its
        turn, if any does."""
        number = next((n for n, part in enumerate(self.parts) if part.waits), 0)
        do(self.parts[number], names, self.observers[number].meddle)

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
        if self.ending.has_window:  # of what others have changed, and of what was undone, as well
            hub.leap(hub.now + WINDOW_AFTER[self.ending])
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
        """Somebody who agrees to whatever waits, to all of it in a loop, and tries again until it has been
        heard."""
        while True:
            hub.sleep(APPROVERS_LOOK_EVERY)
            for part in self.parts:
                finding = part.finding()
                if finding and finding.state is State.WAITING and finding.remediation.approval is None:
                    verb(approve, APPROVER, part)

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
        longest = max(self.part.rule.playbook.within, APPROVE_WITHIN).total_seconds()
        deadline = hub.now + LONGEST + MOST_WAITS * longest
        while hub.now < deadline:
            done, until = self._work_done(), hub.now + QUIET
            while hub.now < until:
                hub.sleep(A_LOOK)
                self._run_out_of_time()
            if done == self._work_done():
                if all(part.rests() for part in self.parts) and not self._goes_on():
                    return True
                self._leap(hub.now + AN_HOUR, is_seen=self._looks_seldom)
        return False

    def _goes_on(self) -> bool:
        """Whether some wait for their turn; after a failure they wait for people."""
        states = {finding.state for part in self.parts if (finding := part.finding())}
        return State.FAILED not in states and any(part.waits for part in self.parts)

    def _work_done(self) -> int:
        """Calls; people who ask in vain, again and again, only look."""
        brings_on = OF_FINDINGS - {"Api"}
        return sum(
            call.running.function in brings_on or (call.running.function == "Api" and call.writes)
            for call in self.universe.calls.made
        )

    def _run_out_of_time(self) -> None:
        """The proof that does not come soon has been looked for often enough, or an approval waited for: then
        the time for it is over, or the window opens."""
        found = [finding for part in self.parts if (finding := part.finding())]
        if self.ending is Mend.LAPSED:
            self._leap_after([each.remediation.until for each in found if each.state is State.WAITING])
        trying = [each for each in found if each.state is State.REMEDIATING]
        is_slow = self.ending is Mend.UNDONE or self.ending.has_window
        if is_slow and all(each.remediation.rounds >= ROUNDS for each in trying):
            within = self.part.rule.playbook.within
            if self.ending is Mend.IN_WINDOW:
                within = timedelta(seconds=WINDOW_AFTER[self.ending])
            self._leap_after([at + within for each in trying if (at := each.remediation.acted_at)])

    def _leap_after(self, moments: Sequence[datetime | None]) -> None:
        """The last of them; over each once."""
        last = max((each for each in moments if each), default=None)
        if last is not None and last not in self._over:
            self._over.add(last)
            self._leap(last.timestamp() + A_LOOK, is_seen=True)

    def _leap(self, until: float, *, is_seen: bool) -> None:
        """`is_seen`: in so long a time the machine would have looked."""
        began = hub.now
        hub.leap(until)
        for part in self.parts if is_seen else ():
            part.was_looked_at_meanwhile(timedelta(seconds=hub.now - began))

    @property
    def _looks_seldom(self) -> bool:
        return longest_rest(self.part.rule).total_seconds() > AN_HOUR

    def _allowed(self) -> set[State]:
        """Where the finding may be in the end."""
        states = {ENDS[self.ending]}
        if self.trouble in EXCUSES:
            states.add(State.FAILED)
        states = states.union(*(DEEDS[name].leads_to for name in self._ordered))
        if self.ending is Mend.UNDONE_BY_PERSON and {"distrusted", "deleted"} & self._ordered:
            states.add(State.REMEDIATED)  # nobody may, or can, take it back any more
        if self.case.many > 1 and State.FAILED in states:
            states.add(State.OPEN)  # nobody goes on after a failure
        if "approve" in self._ordered:  # where nobody else would have
            states.add(State.REMEDIATED)
        return states

    @property
    def _ordered(self) -> set[str]:
        return {name for part in self.parts for name in part.ordered}

    def _aftermath(self) -> Iterator[str]:
        bus = [recorded.event for recorded in self.universe.bus.events() if recorded.bus == "signalbox"]
        may_stick = self.part.refused or bool({*OWNERS} & self._ordered)
        for part in self.parts:
            yield from wrong(part, bus, self._allowed(), may_stick=may_stick)
        yield from items(list(self.universe.items("")))
        yield from (f"I3 a function raised {error}" for error in self.universe.functions.blunders())
