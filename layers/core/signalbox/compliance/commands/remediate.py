"""What people say to a finding: put it right, yes, no."""

from dataclasses import replace

from signalbox.compliance.commands.attend import answered, asked_again, begin, begun
from signalbox.compliance.decisions.waves import behind, has_room, is_let_through
from signalbox.compliance.model import Mode
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Approval, Finding, State
from signalbox.compliance.steps.turn import at_rest, get_finding, happened, publish, recorded
from signalbox.kernel.again import persistent
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict


@persistent
def remediate(finding_id: str, caller: Caller, ports: CompliancePorts) -> Finding:
    """The finding, in the hands of a new execution; as it is, when it is over or under way already. What is
    queued is looked at again, and goes first where there is room. Raises NotFound, and Conflict when an
    exception covers it or its playbook only tells."""
    finding = get_finding(finding_id, ports)
    if finding.state.is_closed or finding.under_way:
        return asked_again(finding, ports)
    if finding.exception is not None and finding.state in (State.EXCEPTED, State.FLAPPING):
        raise Conflict(f"exception {finding.exception} covers it: delete that first")
    if finding.mode is Mode.NOTIFY:
        raise Conflict(f"{finding.rule} is only told: nothing of Signalbox puts it right")
    asked = happened("Remediation Requested", caller.reason, ports, caller.arn)
    following = _told(begun(finding, requested_by=caller.arn), f"{caller.arn} has asked for it", ports)
    return begin(following, [asked], ports)


@persistent
def approve(finding_id: str, caller: Caller, ports: CompliancePorts) -> Finding:
    """The finding; what it waits for is assessed again and then made, when it has its turn. Raises NotFound,
    and Conflict when nothing waits, or who asked for it is who approves it."""
    finding = get_finding(finding_id, ports)
    if not _is_unanswered(finding):
        raise _waits_for_nobody(finding)
    if finding.remediation.requested_by == caller.arn:
        raise Conflict("you have asked for it yourself: another one approves")
    approval = Approval(by=caller.arn, at=ports.clock(), writes=finding.remediation.proposal)
    given = happened("Remediation Approved", caller.reason, ports, caller.arn)
    finding = replace(finding, remediation=replace(finding.remediation, approval=approval))
    finding = _told(finding, f"approved by {caller.arn}", ports)
    return publish(answered(recorded(finding, [given], ports), ports), ports)


@persistent
def reject(finding_id: str, caller: Caller, ports: CompliancePorts) -> Finding:
    """The finding, left as it is until somebody asks for it, whether it waits for an answer or for its turn.
    Raises NotFound, and Conflict when it waits for neither."""
    finding = get_finding(finding_id, ports)
    if not _is_unanswered(finding) and not finding.remediation.queued:
        raise _waits_for_nobody(finding)
    reason = f"rejected by {caller.arn}" + (f": {caller.reason}" if caller.reason else "")
    refused = happened("Remediation Rejected", caller.reason, ports, caller.arn)
    left = at_rest(finding, State.OPEN, reason, ports)
    left = replace(left, remediation=replace(left.remediation, approval=None))
    return publish(answered(recorded(left, [refused], ports), ports), ports)


def _told(finding: Finding, said: str, ports: CompliancePorts) -> Finding:
    """With what was said, and, where nobody has yet to agree, what it will wait for as things stand."""
    wave = ports.waves.get().of(finding.rule)
    is_agreed = finding.mode is Mode.AUTO or finding.remediation.approval is not None
    is_next = not is_agreed or is_let_through(wave, finding) or has_room(wave, finding)
    return replace(finding, reason=said if is_next else f"{said}; {behind(wave, finding.rule)}")


def _is_unanswered(finding: Finding) -> bool:
    return finding.state is State.WAITING and finding.remediation.approval is None


def _waits_for_nobody(finding: Finding) -> Conflict:
    return Conflict(
        f"{finding.id} waits for nobody: it is {finding.state}"
        + (", and queued" if finding.remediation.queued else "")
    )
