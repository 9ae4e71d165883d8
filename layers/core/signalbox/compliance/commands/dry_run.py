"""What would be done about findings now, and what would be left and why. Writes nothing, starts nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from signalbox.compliance.commands.attend import begun
from signalbox.compliance.commands.notice import new_finding
from signalbox.compliance.decisions.assess import Act, Terms, Wait, assess
from signalbox.compliance.model import Subject, Verdict, Write
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Finding
from signalbox.compliance.steps.turn import get_finding, rule_of
from signalbox.kernel.errors import NotFound, Rejected, Transient


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`outcome` is act, wait or skip; unknown when the resource cannot be looked at."""

    finding: Finding
    outcome: str
    reason: str
    writes: tuple[Write, ...] = ()


def dry_run(finding_id: str, requested_by: str, ports: CompliancePorts) -> Outlook:
    """As if that caller had asked for it. Raises NotFound, Transient and Rejected: what cannot be looked at
    is not guessed."""
    return _outlook(get_finding(finding_id, ports), requested_by, ports)


def dry_run_rule(
    rule: str, limit: int, cursor: str | None, ports: CompliancePorts
) -> tuple[list[Outlook], str | None]:
    """What would become of the findings of a rule that are not closed, if nobody asked for anything: those
    among the next `limit` of all findings, and where the next ones begin; on the last page also as many of
    those that AWS Config knows and that have not been heard of. Raises NotFound, and Transient when Config
    cannot be asked."""
    if rule not in ports.rules:
        raise NotFound(f"there is no rule {rule}: {', '.join(sorted(ports.rules))}")
    page, following = ports.findings.list(limit, cursor)
    wanted = [each for each in page if each.rule == rule and not each.state.is_closed]
    if following is None:
        wanted += islice(_unheard_of(rule, ports), limit)
    return [_outlook_or_why_not(finding, ports) for finding in wanted], following


def _unheard_of(rule: str, ports: CompliancePorts) -> Iterator[Finding]:
    """What an event was lost of, or was wrong before Signalbox came: the next sweep opens it."""
    found = {each.id: each for each in ports.findings.all()}
    for config_rule in [name for name, of in ports.config_rules.items() if of == rule]:
        for result in ports.evaluations.results(config_rule):
            subject = Subject(rule=rule, resource=result.resource)
            known = found.get(subject.finding_id)
            if known is None or (known.closed_at is not None and result.at > known.closed_at):
                yield known or new_finding(subject, ports.rules[rule], result, ports)


def _outlook_or_why_not(finding: Finding, ports: CompliancePorts) -> Outlook:
    try:
        return _outlook(finding, "", ports)
    except (Transient, Rejected) as problem:
        return Outlook(finding=finding, outcome="unknown", reason=f"it cannot be looked at: {problem}")


def _outlook(finding: Finding, requested_by: str, ports: CompliancePorts) -> Outlook:
    rule = rule_of(finding, ports)
    observed = ports.estate.observe(rule, finding.resource)
    if observed is None:
        return Outlook(finding=finding, outcome="skip", reason="the resource is gone")
    judgement = rule.judge(observed.configuration)
    if judgement.verdict is not Verdict.NON_COMPLIANT:
        return Outlook(finding=finding, outcome="skip", reason=judgement.reason)
    terms = Terms(exceptions=ports.exceptions.all(), ceiling=ports.ceiling, now=ports.clock())
    decision = assess(begun(finding, requested_by), rule, observed, terms)
    if isinstance(decision, Act):
        return Outlook(finding=finding, outcome="act", reason=judgement.reason, writes=decision.writes)
    outcome = "wait" if isinstance(decision, Wait) else "skip"
    return Outlook(finding=finding, outcome=outcome, reason=decision.reason, writes=decision.writes)
