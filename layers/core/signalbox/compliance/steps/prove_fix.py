"""Task `ProveFix`: a call that succeeded proves nothing; the resource is read back and judged again."""

from contextlib import suppress
from dataclasses import replace

from signalbox.compliance.decisions.waves import WATCHED_FOR
from signalbox.compliance.model import Configuration, Judgement, Verdict
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, Reached
from signalbox.compliance.rules.rule import Rule
from signalbox.compliance.steps.look import SOONEST, UNTIL_LATER, longest_rest, until_next_look
from signalbox.compliance.steps.proven import proven
from signalbox.compliance.steps.stage import AWAY, at_stage
from signalbox.compliance.steps.turn import RemediationCommand, gone, recorded, rule_of, take_turn
from signalbox.kernel.errors import Rejected, Transient

PROOF = "the proof"


def prove_fix(command: RemediationCommand, ports: CompliancePorts) -> Progress:
    """One look. What is late is undone."""
    finding = take_turn(command, ports)
    if finding is None:
        return Progress(next=Next.DONE)
    if finding.remediation.stopped:
        return Progress(next=Next.UNDO_FIX, failure=finding.remediation.failure)
    rule = rule_of(finding, ports)
    observed = ports.estate.observe(rule, finding.resource)
    if observed is None:
        return gone(finding, ports)
    if _is_unfinished(finding, rule, observed.configuration):
        return Progress(next=Next.APPLY_FIX, seconds=SOONEST)
    return _judged(finding, rule, observed.configuration, ports)


def _judged(finding: Finding, rule: Rule, after: Configuration, ports: CompliancePorts) -> Progress:
    """AWS has as long for it as it may take, from the first look on."""
    judgement = rule.judge(after)
    if judgement.verdict is Verdict.COMPLIANT:
        return _kept(finding, judgement.reason, after, ports)
    now = ports.clock()
    reached = at_stage(finding.remediation.reached, PROOF, now, AWAY + longest_rest(rule))
    if now - reached.at > rule.playbook.within:
        return Progress(next=Next.UNDO_FIX, failure=f"not proven in time: {judgement.reason}")
    return _again(finding, reached, judgement, ports)


def _kept(finding: Finding, reason: str, after: Configuration, ports: CompliancePorts) -> Progress:
    """It is as it must be. When others wait for it, it must still be so a while later."""
    if _is_watched(finding, ports):
        watched = replace(finding.remediation, watched=True)
        recorded(replace(finding, reason=reason, remediation=watched), (), ports)
        return Progress(next=Next.PROVE_FIX, seconds=int(WATCHED_FOR.total_seconds()))
    _proven(finding, reason, after, ports)
    return Progress(next=Next.DONE)


def _is_watched(finding: Finding, ports: CompliancePorts) -> bool:
    """Whether others wait for this one, and it has not been looked at a second time."""
    wave = ports.waves.get().of(finding.rule)
    return wave.waiting and finding.id in wave.first and not finding.remediation.watched


def _is_unfinished(finding: Finding, rule: Rule, now: Configuration) -> bool:
    """Whether a stage is not, or not any more, done."""
    stages, before = rule.playbook.stages, finding.remediation.before
    return stages is not None and stages.forward(finding.resource, before or {}, now) is not None


def _proven(finding: Finding, reason: str, after: Configuration, ports: CompliancePorts) -> None:
    """AWS Config looks again by itself at changes, and once a day at the account: sooner, if it can."""
    with suppress(Transient, Rejected):  # then Config shows the old result until it looks by itself
        for config_rule, name in ports.config_rules.items():
            if name == finding.rule:
                ports.evaluations.evaluate(config_rule)
    proven(finding, reason, after, ports)


def _again(finding: Finding, reached: Reached, judgement: Judgement, ports: CompliancePorts) -> Progress:
    attempt = replace(finding.remediation, reached=reached, rounds=finding.remediation.rounds + 1)
    recorded(replace(finding, reason=judgement.reason, remediation=attempt), (), ports)
    if judgement.verdict is Verdict.PENDING:
        return Progress(next=Next.PROVE_FIX, seconds=UNTIL_LATER)
    return Progress(next=Next.PROVE_FIX, seconds=until_next_look(rule_of(finding, ports), attempt.rounds))
