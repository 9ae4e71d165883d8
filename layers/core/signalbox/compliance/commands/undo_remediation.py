"""Somebody wants a proven fix undone: it has broken something that no rule looks at."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from signalbox.compliance.commands.attend import asked_again, begin
from signalbox.compliance.decisions.exceptions import end_of
from signalbox.compliance.decisions.undo import not_made, obstacle_to_undo, undoing_writes
from signalbox.compliance.model import Write
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Finding, State, UndoRequest
from signalbox.compliance.steps.turn import get_finding, happened, rule_of
from signalbox.kernel.again import persistent
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict

LEFT_FOR = timedelta(days=7)  # unless somebody says until when


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlan:
    """What an undo would write, and until when the resource would be left as it is then."""

    finding: Finding
    until: datetime
    writes: tuple[Write, ...]


def plan_undo(finding_id: str, until: str | None, ports: CompliancePorts) -> UndoPlan:
    """Changes nothing. Raises NotFound, Invalid, and Conflict when it cannot be undone (any more)."""
    plan = _planned(get_finding(finding_id, ports), _end(until, ports), ports)
    if isinstance(plan, str):
        raise Conflict(plan)
    return plan


def undo_remediation(finding_id: str, until: str | None, caller: Caller, ports: CompliancePorts) -> Finding:
    """The finding, in the hands of a new execution; as it is, when somebody has asked for it before. Raises
    as `plan_undo` does."""
    begun = _begun(finding_id, _end(until, ports), caller, ports)
    if isinstance(begun, str):
        raise Conflict(begun)
    return begun


@persistent
def _begun(finding_id: str, end: datetime, caller: Caller, ports: CompliancePorts) -> Finding | str:
    """Or why not."""
    finding = get_finding(finding_id, ports)
    if finding.remediation.undo is not None and (finding.under_way or finding.state is State.EXCEPTED):
        return asked_again(finding, ports)
    plan = _planned(finding, end, ports)
    if isinstance(plan, str):
        return plan
    request = UndoRequest(by=caller.arn, reason=caller.reason, until=end)
    asked = happened("Undo Requested", caller.reason, ports, caller.arn, until=rfc3339(end))
    taken = replace(
        finding,
        state=State.REMEDIATING,
        reason=f"it is being undone: {caller.reason}",
        under_way=True,
        generation=finding.generation + 1,
        remediation=replace(finding.remediation, undo=request, rested=False, rounds=0),
    )
    return begin(taken, [asked], ports)


def _end(until: str | None, ports: CompliancePorts) -> datetime:
    now = ports.clock()
    return now + LEFT_FOR if until is None else end_of(until, now)


def _planned(finding: Finding, end: datetime, ports: CompliancePorts) -> UndoPlan | str:
    """Or what is in the way."""
    obstacle = not_made(finding)
    if obstacle:
        return obstacle
    rule = rule_of(finding, ports)
    found = ports.estate.observe(rule, finding.resource)
    if found is None:
        return "the resource is gone"
    obstacle = obstacle_to_undo(finding, rule, found)
    if obstacle:
        return obstacle
    return UndoPlan(finding=finding, until=end, writes=undoing_writes(finding, rule, found.configuration))
