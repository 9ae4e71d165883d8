"""Task `ApplyFix`: write down what is, and what will be written; then write it, by stages if it has some."""

from dataclasses import asdict, replace

from signalbox.compliance.decisions.assess import is_entrusted
from signalbox.compliance.model import Verdict
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.rule import Stages
from signalbox.compliance.steps.stage import answered, entered, is_late, rest
from signalbox.compliance.steps.turn import RemediationCommand, gone, happened, rule_of, take_turn, tell
from signalbox.kernel.events import ENGINE, JsonObject

SOONEST = 2  # seconds until AWS shows what was written


def apply_fix(command: RemediationCommand, ports: CompliancePorts) -> Progress:
    """The record comes first: without it nothing is written. Whoever comes again after it makes the same
    writes again, which changes nothing more."""
    finding = take_turn(command, ports)
    if finding is None:
        return Progress(next=Next.DONE)
    if finding.remediation.stopped:
        return Progress(next=Next.UNDO_FIX, failure=finding.remediation.failure)
    if finding.remediation.before is None:
        begun = _begun(finding, ports)
        if isinstance(begun, Progress):
            return begun
        finding = begun
    stages = rule_of(finding, ports).playbook.stages
    if stages is not None:
        return _next_stage(finding, stages, ports)
    for write in finding.remediation.writes:
        ports.estate.write(write)
    return Progress(next=Next.PROVE_FIX, seconds=SOONEST)


def _next_stage(finding: Finding, stages: Stages, ports: CompliancePorts) -> Progress:
    """By what is now: whoever comes again goes on where AWS stands. What is late is undone."""
    observed = ports.estate.observe(rule_of(finding, ports), finding.resource)
    if observed is None:
        return gone(finding, ports)
    before = finding.remediation.before or {}
    stage = stages.forward(finding.resource, before, observed.configuration)
    if stage is None:
        return Progress(next=Next.PROVE_FIX, seconds=SOONEST)
    finding, writes = entered(finding, stage, ports)
    if is_late(finding, stage, ports):
        return Progress(next=Next.UNDO_FIX, failure=f"not done in time: {stage.name}")
    for write in writes:
        ports.estate.write(write)
    answered(finding, writes, ports)
    return Progress(next=Next.APPLY_FIX, seconds=rest(finding))


def _begun(finding: Finding, ports: CompliancePorts) -> Finding | Progress:
    """The audit record, or where to go when it must be looked at again."""
    rule = rule_of(finding, ports)
    observed = ports.estate.observe(rule, finding.resource)
    if observed is None:
        return gone(finding, ports)
    before = observed.configuration
    is_wrong = rule.judge(before).verdict is Verdict.NON_COMPLIANT
    if not is_wrong or not is_entrusted(observed) or rule.playbook.obstacle(before):
        return Progress(next=Next.ASSESS_FINDING)
    writes = rule.playbook.act(finding.resource, before)
    approval = finding.remediation.approval
    if approval is not None and approval.writes != writes:
        return Progress(next=Next.ASSESS_FINDING)
    by = approval.by if approval else finding.remediation.requested_by or ENGINE
    reason = f"{rule.title}: {rule.judge(before).reason}"
    facts: JsonObject = {"before": before, "writes": [asdict(write) for write in writes]}
    if rule.playbook.stages is not None:
        facts["stages"] = list(rule.playbook.stages.names(finding.resource, before))
    started = happened("Remediation Started", reason, ports, by, **facts)
    attempt = replace(
        finding.remediation, before=before, writes=writes, acted_at=ports.clock(), tokens=(), until=None
    )
    return tell(
        replace(
            finding,
            state=State.REMEDIATING,
            reason=reason,
            name=observed.name,
            remediation=attempt,
        ),
        [started],
        ports,
    )
