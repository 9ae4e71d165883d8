"""Task `AssessFinding`: look at the resource, and decide what is to be done. Writes nothing there."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import assert_never

from signalbox.compliance.decisions.assess import Act, Skip, Terms, Wait, assess
from signalbox.compliance.model import Judgement, Observed, Verdict
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, State
from signalbox.compliance.steps.admission import admit, its_turn
from signalbox.compliance.steps.turn import (
    RemediationCommand,
    at_rest,
    gone,
    happened,
    resumed,
    rule_of,
    take_turn,
    tell,
)

APPROVE_WITHIN = timedelta(days=7)


def assess_finding(command: RemediationCommand, ports: CompliancePorts) -> Progress:
    """Where it goes on."""
    finding = take_turn(command, ports)
    if finding is None:
        return Progress(next=Next.DONE)
    return resumed(finding) or its_turn(finding, ports) or _looked_at(finding, ports)


def _looked_at(finding: Finding, ports: CompliancePorts) -> Progress:
    rule = rule_of(finding, ports)
    observed = ports.estate.observe(rule, finding.resource)
    if observed is None:
        return gone(finding, ports)
    finding = replace(finding, name=observed.name, owner=observed.owner)
    judgement = rule.judge(observed.configuration)
    match judgement.verdict:
        case Verdict.NON_COMPLIANT:
            return _decided(finding, observed, judgement, ports)
        case Verdict.COMPLIANT:
            return _is_so_already(finding, judgement.reason, ports)
        case _:  # somebody else has put it right, for later
            return _left(finding, Skip(state=State.OPEN, reason=judgement.reason), judgement, ports)


def _is_so_already(finding: Finding, reason: str, ports: CompliancePorts) -> Progress:
    """Somebody else has put it right: Signalbox has changed nothing, and says so."""
    reason = f"{reason}; Signalbox has changed nothing"
    closed = happened("Finding Closed", reason, ports, state=State.REMEDIATED)
    tell(at_rest(finding, State.REMEDIATED, reason, ports), [closed], ports)
    return Progress(next=Next.DONE)


def _decided(finding: Finding, observed: Observed, judgement: Judgement, ports: CompliancePorts) -> Progress:
    terms = Terms(exceptions=ports.exceptions.all(), ceiling=ports.ceiling, now=ports.clock())
    rule = rule_of(finding, ports)
    decision = assess(finding, rule, observed, terms)
    match decision:
        case Act():
            return admit(finding, ports)
        case Wait():
            return _waiting(finding, decision, ports)
        case Skip():
            return _left(finding, decision, judgement, ports)
        case _:
            assert_never(decision)


def _left(finding: Finding, skip: Skip, judgement: Judgement, ports: CompliancePorts) -> Progress:
    left = at_rest(finding, skip.state, skip.reason, ports)
    attempt = replace(left.remediation, proposal=skip.writes)
    writes = [asdict(write) for write in skip.writes]
    event = happened(
        "Finding Left", skip.reason, ports, state=skip.state, writes=writes, facts=judgement.facts
    )
    tell(
        replace(left, exception=skip.exception, excepted_at=skip.decided_at, remediation=attempt),
        [event],
        ports,
    )
    return Progress(next=Next.DONE)


def _waiting(finding: Finding, wait: Wait, ports: CompliancePorts) -> Progress:
    """Asked once for the same writes; who comes too late finds it open again, and asks anew."""
    last = finding.remediation
    if finding.state is State.WAITING and last.proposal == wait.writes and last.until is not None:
        if ports.clock() < last.until:
            return Progress(next=Next.AWAIT_APPROVAL, until=last.until)
        reason = f"nobody approved within {APPROVE_WITHIN.days} days"
        lapsed = happened("Approval Lapsed", reason, ports)
        tell(at_rest(finding, State.OPEN, reason, ports), [lapsed], ports)
        return Progress(next=Next.DONE)
    until = ports.clock() + APPROVE_WITHIN
    asked = replace(last, proposal=wait.writes, until=until, tokens=(), approval=None, turn_at=None)
    event = happened(
        "Approval Requested",
        wait.reason,
        ports,
        writes=[asdict(write) for write in wait.writes],
        danger=rule_of(finding, ports).playbook.danger,
        name=finding.name,
    )
    tell(replace(finding, state=State.WAITING, reason=wait.reason, remediation=asked), [event], ports)
    return Progress(next=Next.AWAIT_APPROVAL, until=until)
