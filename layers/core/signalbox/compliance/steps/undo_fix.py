"""Task `UndoFix`: whatever went wrong, bring back what was recorded before the first write, and say so."""

from dataclasses import asdict, replace

from signalbox.compliance.model import Configuration, Observed, Write
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.rule import Rule
from signalbox.compliance.steps.turn import (
    RemediationCommand,
    at_rest,
    gone,
    happened,
    recorded,
    rule_of,
    take_turn,
    tell,
)
from signalbox.kernel.errors import NotFound, Rejected

UNKNOWN = "an unknown failure"
LONGEST_FAILURE = 1000  # characters
# Seconds after which Lambda ends a function: who was lost sight of may write the fix until then.
LINGERS = 60
FAILED = {"untouched": "Remediation Failed", "undone": "Remediation Undone", "stuck": "Undo Failed"}


def undo_fix(command: RemediationCommand, ports: CompliancePorts) -> Progress:
    """The end of a remediation that could not be proven. What AWS refuses for good is named; what may pass is
    tried again without end."""
    finding = take_turn(command, ports)
    if finding is None:
        return Progress(next=Next.DONE)
    failure = (command.failure or finding.remediation.failure or UNKNOWN)[:LONGEST_FAILURE]
    before = finding.remediation.before
    if before is None:
        return _failed(finding, f"{failure}; nothing was changed", "untouched", ports)
    try:
        return _undone(finding, before, failure, ports)
    except (NotFound, Rejected) as error:  # the rule is gone, or the resource cannot be read any more
        return _failed(finding, f"{failure}; not undone: {error}", "stuck", ports)


def _undone(finding: Finding, before: Configuration, failure: str, ports: CompliancePorts) -> Progress:
    """At once; and proven when nobody can come late with the fix any more."""
    rule = rule_of(finding, ports)
    finding = finding if finding.remediation.stopped else _stopped(finding, failure, ports)
    found = ports.estate.observe(rule, finding.resource)
    refused: list[str] = []
    if found is not None and _different(rule, before, found):
        if not finding.remediation.undoing:
            finding = _recorded_first(finding, rule.playbook.undo(finding.resource, before), failure, ports)
        refused = _written(finding, rule, before, ports)
        found = ports.estate.observe(rule, finding.resource)
    if found is None:
        return gone(finding, ports)
    if not finding.remediation.rested:
        rested = replace(finding.remediation, rested=True)
        recorded(replace(finding, remediation=rested), (), ports)
        return Progress(next=Next.UNDO_FIX, seconds=LINGERS, failure=failure)
    return _ended(finding, found, [*refused, *_left(rule, before, found)], failure, ports)


def _stopped(finding: Finding, failure: str, ports: CompliancePorts) -> Finding:
    """From here on nobody begins to write the fix, nor, unasked, that of any other of its rule."""
    attempt = replace(finding.remediation, stopped=True, failure=failure)
    event = happened("Remediation Stopped", failure, ports)
    return tell(replace(finding, remediation=attempt), [event], ports)


def _ended(
    finding: Finding, found: Observed, left: list[str], failure: str, ports: CompliancePorts
) -> Progress:
    if not finding.remediation.undoing:
        return _failed(finding, f"{failure}; nothing was changed", "untouched", ports)
    finding = replace(finding, remediation=replace(finding.remediation, after=found.configuration))
    if left:
        return _failed(finding, f"{failure}; not undone: {'; '.join(left)}", "stuck", ports)
    return _failed(finding, f"{failure}; undone", "undone", ports)


def _left(rule: Rule, before: Configuration, found: Observed) -> list[str]:
    return [f"{name} is not as before" for name in _different(rule, before, found)]


def _different(rule: Rule, before: Configuration, found: Observed) -> list[str]:
    """The fields that are not as they were before the fix."""
    wanted, are = rule.playbook.restored(before), rule.playbook.restored(found.configuration)
    return [name for name in wanted if wanted[name] != are.get(name)]


def _recorded_first(
    finding: Finding, writes: tuple[Write, ...], failure: str, ports: CompliancePorts
) -> Finding:
    attempt = replace(finding.remediation, undoing=True)
    event = happened("Undo Started", failure, ports, writes=[asdict(write) for write in writes])
    return tell(replace(finding, remediation=attempt), [event], ports)


def _written(finding: Finding, rule: Rule, before: Configuration, ports: CompliancePorts) -> list[str]:
    """What AWS refused of the undo."""
    refused = []
    for write in rule.playbook.undo(finding.resource, before):
        try:
            ports.estate.write(write)
        except Rejected as error:
            refused.append(str(error))
    return refused


def _failed(finding: Finding, reason: str, outcome: str, ports: CompliancePorts) -> Progress:
    """What AWS Config recorded of a fix that has been undone is over."""
    left = finding.remediation
    event = happened(FAILED[outcome], reason, ports, before=left.before, after=left.after)
    if left.before is not None:
        finding = replace(finding, result_at=max(finding.result_at, ports.clock()))
    tell(at_rest(finding, State.FAILED, reason, ports), [event], ports)
    return Progress(next=Next.NOT_REMEDIATED)
