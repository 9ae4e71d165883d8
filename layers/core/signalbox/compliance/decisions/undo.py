"""What an undo brings back, and whether a proven fix can still be undone."""

from signalbox.compliance.decisions.assess import MANAGED, is_entrusted
from signalbox.compliance.model import Configuration, Observed, Write
from signalbox.compliance.record import Finding, Remediation, State
from signalbox.compliance.rules.rule import Rule


def different(rule: Rule, before: Configuration, now: Configuration) -> list[str]:
    """The fields that are not as they were before."""
    wanted, are = rule.playbook.restored(before), rule.playbook.restored(now)
    return [name for name in wanted if wanted[name] != are.get(name)]


def not_made(finding: Finding) -> str:
    """Why there is no fix of Signalbox that could be undone; empty when there is one."""
    if finding.state is not State.REMEDIATED:
        return f"{finding.id} is {finding.state}: only what was put right can be undone"
    if not finding.is_proven:
        return f"{finding.id} was not put right by Signalbox: {finding.reason}"
    return ""


def obstacle_to_undo(finding: Finding, rule: Rule, found: Observed) -> str:
    """What keeps a proven fix from being undone, by how the resource is now; empty when nothing does."""
    if rule.playbook.stages is not None:
        remains = ", ".join(rule.playbook.stages.remains(finding.resource, found.configuration))
        return f"nothing leads back: what was written since would be lost. There remain {remains}"
    if not is_entrusted(found):
        return f"its owner does not entrust it any more: it has no tag {MANAGED}=true"
    others = _changed_since(finding.remediation, rule, found.configuration)
    if others:
        return f"others have changed since what was fixed: {', '.join(others)}"
    return ""


def _changed_since(attempt: Remediation, rule: Rule, now: Configuration) -> list[str]:
    """Of the fields that the fix has changed those that are not as it left them."""
    since = different(rule, attempt.after or {}, now)
    return [name for name in _fixed(attempt, rule) if name in since]


def _fixed(attempt: Remediation, rule: Rule) -> list[str]:
    """The fields that the fix has changed."""
    return different(rule, attempt.before or {}, attempt.after or {})


def undoing_writes(finding: Finding, rule: Rule, now: Configuration) -> tuple[Write, ...]:
    """What brings back the fields that the fix has changed; all others stay as they are now."""
    before, after = finding.remediation.before or {}, finding.remediation.after or {}
    fixed = {name: value for name, value in before.items() if value != after.get(name)}
    return rule.playbook.undo(finding.resource, {**now, **fixed})


def not_brought_back(attempt: Remediation, rule: Rule, now: Configuration) -> list[str]:
    """Of the fields that the fix has changed those that are not as before it."""
    differing = different(rule, attempt.before or {}, now)
    return [name for name in _fixed(attempt, rule) if name in differing]
