"""What people say to a finding: put it right, yes, no."""

from dataclasses import replace

from signalbox.compliance.commands.attend import answered, begin, begun
from signalbox.compliance.model import Mode
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Approval, Finding, State
from signalbox.compliance.steps.turn import at_rest, get_finding, happened, publish, recorded
from signalbox.kernel.again import persistent
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict


@persistent
def remediate(finding_id: str, caller: Caller, ports: CompliancePorts) -> Finding:
    """The finding, in the hands of a new execution; as it is, when it is over or under way already. Raises
    NotFound, and Conflict when an exception covers it or its playbook only tells."""
    finding = get_finding(finding_id, ports)
    if finding.state.is_closed or finding.under_way:
        return finding
    if finding.exception is not None and finding.state in (State.EXCEPTED, State.FLAPPING):
        raise Conflict(f"exception {finding.exception} covers it: delete that first")
    if finding.mode is Mode.NOTIFY:
        raise Conflict(f"{finding.rule} is only told: nothing of Signalbox puts it right")
    asked = happened("Remediation Requested", caller.reason, ports, caller.arn)
    return begin(begun(finding, requested_by=caller.arn), [asked], ports)


@persistent
def approve(finding_id: str, caller: Caller, ports: CompliancePorts) -> Finding:
    """The finding; what it waits for is assessed again and then made. Raises NotFound, and Conflict when
    nothing waits, or who asked for it is who approves it."""
    finding = _waiting(finding_id, ports)
    if finding.remediation.requested_by == caller.arn:
        raise Conflict("you have asked for it yourself: another one approves")
    approval = Approval(by=caller.arn, at=ports.clock(), writes=finding.remediation.proposal)
    given = happened("Remediation Approved", caller.reason, ports, caller.arn)
    finding = replace(finding, remediation=replace(finding.remediation, approval=approval))
    return publish(answered(recorded(finding, [given], ports), ports), ports)


@persistent
def reject(finding_id: str, caller: Caller, ports: CompliancePorts) -> Finding:
    """The finding, left as it is until somebody asks for it. Raises NotFound, and Conflict when nothing
    waits."""
    finding = _waiting(finding_id, ports)
    reason = f"rejected by {caller.arn}" + (f": {caller.reason}" if caller.reason else "")
    refused = happened("Remediation Rejected", caller.reason, ports, caller.arn)
    finding = recorded(at_rest(finding, State.OPEN, reason, ports), [refused], ports)
    return publish(answered(finding, ports), ports)


def _waiting(finding_id: str, ports: CompliancePorts) -> Finding:
    finding = get_finding(finding_id, ports)
    if finding.state is not State.WAITING or finding.remediation.approval is not None:
        raise Conflict(f"{finding_id} waits for nobody: it is {finding.state}")
    return finding
