"""Once an hour: what no event has announced, exceptions that have ended, executions that have died."""

from collections.abc import Callable, Sequence
from functools import cache, partial

from signalbox.compliance.commands.advance_wave import advance, recall
from signalbox.compliance.commands.attend import attend, begin, begun
from signalbox.compliance.commands.notice import notice
from signalbox.compliance.model import Resource, Subject, Verdict
from signalbox.compliance.ports import CompliancePorts, Result
from signalbox.compliance.record import Excepted, Finding, State
from signalbox.compliance.rules.volumes_encrypted_by_default import ACCOUNT
from signalbox.compliance.steps.turn import happened
from signalbox.kernel.errors import Conflict, NotFound, Rejected, Transient
from signalbox.kernel.events import ENGINE

Known = Callable[[], Sequence[Excepted]]


def sweep_findings(ports: CompliancePorts) -> str:
    """Each finding and each rule by itself: what is wrong with one keeps none of the others from being looked
    after."""
    exceptions = cache(ports.exceptions.all)  # once, and only if something is left because of one
    found = list(ports.findings.all())
    told = [_one(finding.id, partial(_swept, finding, exceptions, ports)) for finding in found]
    queued = {finding.rule for finding in found if finding.remediation.queued}
    told += [_one(rule, partial(recall, rule, ports)) for rule in sorted(queued)]
    known = ports.waves.get().by_rule.keys() - queued
    told += [_one(rule, partial(advance, rule, None, ports)) for rule in sorted(known)]
    told += [_one(config_rule, partial(_heard, config_rule, ports)) for config_rule in ports.config_rules]
    of_account = [name for name, rule in ports.config_rules.items() if _is_of_account(rule, ports)]
    told += [_one(config_rule, partial(_seen, config_rule, ports)) for config_rule in of_account]
    return "; ".join(each for each in told if each)


def _swept(finding: Finding, exceptions: Known, ports: CompliancePorts) -> str:
    """Nothing is read anew: who has been faster since is not overwritten."""
    if finding.state in (State.EXCEPTED, State.FLAPPING) and not finding.under_way:
        return _excepted(finding, exceptions, ports)
    is_untold = finding.published != finding.head.sequence or bool(finding.remediation.tokens)
    if finding.under_way or is_untold:
        return attend(finding, ports)
    return ""


def _excepted(finding: Finding, exceptions: Known, ports: CompliancePorts) -> str:
    """Nothing has changed about the resource, so that no event tells when its exception is over, or is
    another one now: then it is looked at again."""
    now = ports.clock()
    found = {each.spec.id: each for each in exceptions() if now < each.until}.get(finding.exception or "")
    if found and finding.excepted_at in (None, found.updated_at):
        return ""
    reason = f"{finding.exception} {'has changed' if found else 'is over'}"
    ended = happened("Exception Ended", reason, ports, ENGINE, exception=finding.exception)
    begin(begun(finding), [ended], ports)
    return f"{finding.id} is open again"


def _heard(config_rule: str, ports: CompliancePorts) -> str:
    """What Config knows already: of before Signalbox was there, or of events that got lost."""
    said = [notice(result, ports) for result in ports.evaluations.results(config_rule)]
    return f"{config_rule}: {len(said)} results" if said else ""


def _is_of_account(rule: str, ports: CompliancePorts) -> bool:
    return rule in ports.rules and ports.rules[rule].resource_type == ACCOUNT


def _seen(config_rule: str, ports: CompliancePorts) -> str:
    """A setting of the account is looked at as well: it is one, it makes no events, and AWS Config does not
    look at all that we do. Not by a rule that somebody has taken away there."""
    if not ports.evaluations.looks([config_rule]):
        return ""
    rule = ports.rules[ports.config_rules[config_rule]]
    account = Resource(type=ACCOUNT, id=ports.account, account=ports.account, region=ports.region)
    known = ports.findings.find(Subject(rule=rule.name, resource=account).finding_id)
    if known is not None and not known.state.is_closed:
        return ""
    at = ports.clock()
    observed = ports.estate.observe(rule, account)
    judgement = rule.judge(observed.configuration) if observed else None
    if judgement is None or judgement.verdict is not Verdict.NON_COMPLIANT:
        return ""
    found = Result(
        rule=config_rule,
        resource=account,
        verdict=Verdict.NON_COMPLIANT,
        at=at,
        annotation=judgement.reason,
    )
    return notice(found, ports)


def _one(name: str, act: Callable[[], str]) -> str:
    try:
        return act()
    except (Conflict, NotFound, Transient, Rejected) as problem:
        return f"{name}: {problem}"
