"""Task `UndoFix`: whatever went wrong, bring back what was recorded before the first write, and say so."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from signalbox.compliance.model import Configuration, Observed, Write
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.rule import Rule, Stage
from signalbox.compliance.steps.stage import entered, is_late, rest
from signalbox.compliance.steps.turn import (
    RemediationCommand,
    at_rest,
    gone,
    happened,
    rule_of,
    take_turn,
    tell,
)
from signalbox.kernel.errors import NotFound, Rejected

UNKNOWN = "an unknown failure"
ALL_DONE = "all its stages are done, and what was written since would be lost"
LONGEST_FAILURE = 1000  # characters
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
    rule = rule_of(finding, ports)
    found = ports.estate.observe(rule, finding.resource)
    if found is None:
        return gone(finding, ports)
    if not finding.remediation.undoing:
        begun = _begun(finding, before, found, failure, ports)
        if isinstance(begun, Progress):
            return begun
        finding = begun
    if rule.playbook.stages is not None:
        stage = rule.playbook.stages.back(finding.resource, before, found.configuration)
        if stage is not None:
            return _one_stage(finding, stage, failure, ports)
        return _ended(finding, found, failure, [], ports)
    refused = _written(rule.playbook.undo(finding.resource, before), ports)
    found = ports.estate.observe(rule, finding.resource)
    return _ended(finding, found, failure, refused, ports) if found is not None else gone(finding, ports)


def _begun(
    finding: Finding, before: Configuration, found: Observed, failure: str, ports: CompliancePorts
) -> Finding | Progress:
    """The record of what is brought back, before the first write; or the end when there is nothing, or it is
    too late."""
    rule = rule_of(finding, ports)
    if not _different(rule, before, found):
        return _failed(finding, f"{failure}; nothing was changed", "untouched", ports)
    if rule.playbook.stages is not None:
        stage = rule.playbook.stages.forward(finding.resource, before, found.configuration)
        if stage is None or not stage.is_undoable:
            return _failed(finding, f"{failure}; not undone: {ALL_DONE}", "stuck", ports)
    attempt = replace(finding.remediation, undoing=True, failure=failure, reached=None)
    writes = [asdict(write) for write in rule.playbook.undo(finding.resource, before)]
    event = happened("Undo Started", failure, ports, writes=writes)
    return tell(replace(finding, remediation=attempt), [event], ports)


def _ended(
    finding: Finding, found: Observed, failure: str, refused: list[str], ports: CompliancePorts
) -> Progress:
    """Everything that could be brought back is: what is not as before is named."""
    rule, before = rule_of(finding, ports), finding.remediation.before or {}
    finding = replace(finding, remediation=replace(finding.remediation, after=found.configuration))
    left = [f"{name} is not as before" for name in _different(rule, before, found)]
    if refused or left:
        return _failed(finding, f"{failure}; not undone: {'; '.join(refused + left)}", "stuck", ports)
    return _failed(finding, f"{failure}; undone", "undone", ports)


def _different(rule: Rule, before: Configuration, found: Observed) -> list[str]:
    """The fields that are not as they were before the fix."""
    wanted, are = rule.playbook.restored(before), rule.playbook.restored(found.configuration)
    return [name for name in wanted if wanted[name] != are.get(name)]


def _one_stage(finding: Finding, stage: Stage, failure: str, ports: CompliancePorts) -> Progress:
    """Of the way back. It ends where AWS refuses one, or does not come to an end with it."""
    finding, writes = entered(finding, stage, ports)
    late = [f"{stage.name} takes too long"] if is_late(finding, stage, ports) else []
    problems = late or _written(writes, ports)
    if problems:
        return _failed(finding, f"{failure}; not undone: {'; '.join(problems)}", "stuck", ports)
    return Progress(next=Next.UNDO_FIX, seconds=rest(finding), failure=failure)


def _written(writes: Sequence[Write], ports: CompliancePorts) -> list[str]:
    """What AWS refused of the undo."""
    refused = []
    for write in writes:
        try:
            ports.estate.write(write)
        except Rejected as error:
            refused.append(str(error))
    return refused


def _failed(finding: Finding, reason: str, outcome: str, ports: CompliancePorts) -> Progress:
    left = finding.remediation
    event = happened(FAILED[outcome], reason, ports, before=left.before, after=left.after)
    tell(at_rest(finding, State.FAILED, reason, ports), [event], ports)
    return Progress(next=Next.NOT_REMEDIATED)
