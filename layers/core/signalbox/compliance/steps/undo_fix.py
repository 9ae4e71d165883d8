"""Task `UndoFix`: whatever went wrong, bring back what was recorded before the first write, and say so."""

from dataclasses import asdict, replace

from signalbox.compliance.decisions.breaker import MOST, is_flapping, recent
from signalbox.compliance.decisions.undo import different
from signalbox.compliance.model import Configuration, Observed, Verdict, Write
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.rule import Rule, Stage
from signalbox.compliance.steps.break_loop import break_loop
from signalbox.compliance.steps.proven import proven
from signalbox.compliance.steps.stage import answered, entered, is_late, rest
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
from signalbox.compliance.steps.undo_on_request import undo_on_request
from signalbox.compliance.steps.write_undo import LINGERS, written
from signalbox.kernel.errors import NotFound, Rejected

UNKNOWN = "an unknown failure"
ALL_DONE = "all its stages are done, and what was written since would be lost"
LONGEST_FAILURE = 1000  # characters
FAILED = {"untouched": "Remediation Failed", "undone": "Remediation Undone", "stuck": "Undo Failed"}


def undo_fix(command: RemediationCommand, ports: CompliancePorts) -> Progress:
    """The end of a remediation that could not be proven, or that somebody wants undone. What AWS refuses for
    good is named; what may pass is tried again without end."""
    finding = take_turn(command, ports)
    if finding is None:
        return Progress(next=Next.DONE)
    if finding.remediation.undo is not None:
        return undo_on_request(finding, finding.remediation.undo, ports)
    failure = (command.failure or finding.remediation.failure or UNKNOWN)[:LONGEST_FAILURE]
    if finding.remediation.before is None:
        return _failed(finding, f"{failure}; nothing was changed", "untouched", ports)
    try:
        return _looked_at(finding, failure, ports)
    except (NotFound, Rejected) as error:  # the rule is gone, or the resource cannot be read any more
        return _failed(finding, f"{failure}; not undone: {error}", "stuck", ports)


def _looked_at(finding: Finding, failure: str, ports: CompliancePorts) -> Progress:
    """Undone unless it is gone, or right after all."""
    rule = rule_of(finding, ports)
    found = ports.estate.observe(rule, finding.resource)
    if found is not None and _is_right_after_all(finding, rule, found):
        proven(finding, rule.judge(found.configuration).reason, found.configuration, ports)
        return Progress(next=Next.DONE)
    if found is not None and not finding.remediation.stopped:  # of what is gone the rule goes on
        finding = _stopped(finding, failure, ports)
        found = ports.estate.observe(rule, finding.resource)
    if found is None:
        return gone(finding, ports)
    return _undone(finding, rule, found, failure, ports)


def _undone(finding: Finding, rule: Rule, found: Observed, failure: str, ports: CompliancePorts) -> Progress:
    """At once; and proven when nobody can come late with the fix any more."""
    before = finding.remediation.before or {}
    changed = different(rule, before, found.configuration)
    if changed and not finding.remediation.undoing:
        if _is_too_late(finding, rule, found):
            return _failed(finding, f"{failure}; not undone: {ALL_DONE}", "stuck", ports)
        finding = _recorded_first(finding, rule.playbook.undo(finding.resource, before), failure, ports)
    stage = _way_back(finding, rule, found)
    if stage is not None:
        return _one_stage(finding, stage, failure, ports)
    refused: list[str] = []
    if changed and rule.playbook.stages is None:
        refused = written(rule.playbook.undo(finding.resource, before), ports)
        now = ports.estate.observe(rule, finding.resource)
        if now is None:
            return gone(finding, ports)
        found = now
    if not finding.remediation.rested:
        rested = replace(finding.remediation, rested=True)
        recorded(replace(finding, remediation=rested), (), ports)
        return Progress(next=Next.UNDO_FIX, seconds=LINGERS, failure=failure)
    return _ended(finding, found, [*refused, *_left(rule, before, found)], failure, ports)


def _is_right_after_all(finding: Finding, rule: Rule, found: Observed) -> bool:
    """Whether all stages are done and the resource is as it must be: only its proof has failed, and there
    would be no way back."""
    stages, attempt = rule.playbook.stages, finding.remediation
    if stages is None or attempt.undoing:
        return False
    is_done = stages.forward(finding.resource, attempt.before or {}, found.configuration) is None
    return is_done and rule.judge(found.configuration).verdict is Verdict.COMPLIANT


def _is_too_late(finding: Finding, rule: Rule, found: Observed) -> bool:
    """Whether all that was to be done is done, or what would be lost by an undo has begun."""
    stages, before = rule.playbook.stages, finding.remediation.before or {}
    if stages is None:
        return False
    stage = stages.forward(finding.resource, before, found.configuration)
    return stage is None or not stage.is_undoable


def _way_back(finding: Finding, rule: Rule, found: Observed) -> Stage | None:
    """The next stage of it, once the record says that it is gone."""
    stages, before = rule.playbook.stages, finding.remediation.before or {}
    if stages is None or not finding.remediation.undoing:
        return None
    return stages.back(finding.resource, before, found.configuration)


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
    return [f"{name} is not as before" for name in different(rule, before, found.configuration)]


def _recorded_first(
    finding: Finding, writes: tuple[Write, ...], failure: str, ports: CompliancePorts
) -> Finding:
    attempt = replace(finding.remediation, undoing=True, reached=None)
    event = happened("Undo Started", failure, ports, writes=[asdict(write) for write in writes])
    return tell(replace(finding, remediation=attempt), [event], ports)


def _one_stage(finding: Finding, stage: Stage, failure: str, ports: CompliancePorts) -> Progress:
    """Of the way back. It ends where AWS refuses one, or does not come to an end with it."""
    finding, writes = entered(finding, stage, ports)
    late = [f"{stage.name} takes too long"] if is_late(finding, stage, ports) else []
    problems = late or written(writes, ports)
    if problems:
        return _failed(finding, f"{failure}; not undone: {'; '.join(problems)}", "stuck", ports)
    answered(finding, writes, ports)
    return Progress(next=Next.UNDO_FIX, seconds=rest(finding), failure=failure)


def _failed(finding: Finding, reason: str, outcome: str, ports: CompliancePorts) -> Progress:
    """What AWS Config recorded of a fix that has been undone is over."""
    left = finding.remediation
    event = happened(FAILED[outcome], reason, ports, before=left.before, after=left.after)
    if left.before is not None:
        finding = replace(finding, result_at=max(finding.result_at, ports.clock()))
    now = ports.clock()
    finding = replace(finding, failed=(*recent(finding.failed, now), now))
    if is_flapping(finding.failed, now):
        break_loop(finding, [event], f"failed {MOST} times within an hour, at last: {reason}", ports)
    else:
        tell(at_rest(finding, State.FAILED, reason, ports), [event], ports)
    return Progress(next=Next.NOT_REMEDIATED)
