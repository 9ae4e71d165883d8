"""Take in what AWS Config says of a resource: a finding opens, closes, or opens again."""

from dataclasses import replace

from signalbox.compliance.commands.attend import answered, attend, begin, begun
from signalbox.compliance.decisions.assess import mode_under
from signalbox.compliance.decisions.breaker import MOST, is_flapping, recent
from signalbox.compliance.model import Mode, Subject, Verdict
from signalbox.compliance.ports import CompliancePorts, Result
from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.rule import Rule
from signalbox.compliance.steps.break_loop import break_loop
from signalbox.compliance.steps.turn import at_rest, happened, recorded, tell
from signalbox.kernel.again import persistent
from signalbox.kernel.clock import rfc3339

CONFIG = "aws.config"


def notice(result: Result, ports: CompliancePorts) -> str:
    """What was done, in words. The same result twice, or an older one that comes late, changes nothing; what
    a fault has kept from being started is started then."""
    name = ports.config_rules.get(result.rule)
    if name is None:
        return f"{result.rule} is no rule of Signalbox"
    if (result.resource.account, result.resource.region) != (ports.account, ports.region):
        return f"{result.resource.account}/{result.resource.region} is not looked after from here"
    subject = Subject(rule=name, resource=result.resource)
    return _noticed(subject, result, ports)


@persistent
def _noticed(subject: Subject, result: Result, ports: CompliancePorts) -> str:
    finding = ports.findings.find(subject.finding_id)
    if finding is not None and result.at <= finding.result_at:
        return f"known already; {attend(finding, ports)}"
    match result.verdict:
        case Verdict.NON_COMPLIANT:
            return _found(finding, subject, result, ports)
        case Verdict.COMPLIANT if finding is not None:
            return _over(finding, State.REMEDIATED, "AWS Config finds it compliant", result, ports)
        case Verdict.NOT_APPLICABLE if finding is not None:
            return _over(finding, State.GONE, "the rule does not apply any more", result, ports)
        case _:
            return f"{result.verdict}: nothing to do"


def _over(finding: Finding, state: State, reason: str, result: Result, ports: CompliancePorts) -> str:
    """What is being put right is closed by its own proof; all else is closed by this."""
    finding = replace(finding, result_at=result.at)
    if finding.state.is_closed or (finding.under_way and finding.remediation.before is not None):
        recorded(finding, (), ports)
        return f"{finding.id} stays {finding.state}"
    closed = happened("Finding Closed", reason, ports, CONFIG, state=state)
    finding = tell(at_rest(finding, state, reason, ports), [closed], ports)
    answered(finding, ports)
    return f"{finding.id} is {state}"


def _found(finding: Finding | None, subject: Subject, result: Result, ports: CompliancePorts) -> str:
    """A new episode begins when nothing was known to be wrong. What Config recorded before the proof is about
    how it was before."""
    if finding is not None and finding.closed_at is not None and result.at <= finding.closed_at:
        recorded(replace(finding, result_at=result.at), (), ports)
        return f"{finding.id} was {finding.state} later"
    if finding is not None and not finding.state.is_closed:
        return _still(finding, result, ports)
    rule = ports.rules[subject.rule]
    now = ports.clock()
    reason = result.annotation or rule.title
    finding = finding or new_finding(subject, rule, result, ports)
    finding = replace(
        finding,
        mode=mode_under(ports.ceiling, rule.playbook.mode),
        detected_at=result.at,
        result_at=result.at,
        annotation=result.annotation,
        reason=reason,
        noticed=(*recent(finding.noticed, now), now),
    )
    opened = happened("Finding Opened", reason, ports, CONFIG, rule=rule.name, result_at=rfc3339(result.at))
    if is_flapping(finding.noticed, now):
        why = f"found {MOST} times within an hour; something brings it back"
        return f"{break_loop(finding, [opened], why, ports).id} is flapping"
    finding = begin(begun(finding), [opened], ports)
    return f"{finding.id} is open"


def _still(finding: Finding, result: Result, ports: CompliancePorts) -> str:
    """What is only told is looked at again when Config finds something else wrong with it."""
    is_otherwise = result.annotation != finding.annotation
    finding = replace(finding, result_at=result.at, annotation=result.annotation)
    is_left = finding.state is State.OPEN and not finding.under_way
    if is_otherwise and is_left and finding.mode is Mode.NOTIFY:
        begin(begun(finding), [], ports)
        return f"{finding.id} is wrong otherwise"
    return f"known to be wrong; {attend(recorded(finding, (), ports), ports)}"


def new_finding(subject: Subject, rule: Rule, result: Result, ports: CompliancePorts) -> Finding:
    """Of what was not known to be wrong, not stored yet."""
    return Finding(
        id=subject.finding_id,
        rule=subject.rule,
        resource=subject.resource,
        mode=rule.playbook.mode,
        created_at=ports.clock(),
        detected_at=result.at,
        result_at=result.at,
    )
