"""Task `AwaitApproval`: store the token where the answer finds it, or go on when there is one already."""

from dataclasses import dataclass, replace

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import State
from signalbox.compliance.steps.turn import RemediationCommand, recorded, take_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitCommand:
    """Ids, and the token that ends the wait."""

    finding: str
    generation: int
    task_token: str


def await_approval(command: AwaitCommand, ports: CompliancePorts) -> None:
    """Either the token is stored, and the wait goes on, or it is answered now: what was agreed to is assessed
    again, since days may have passed. Beside those before it: who was given up may come late with a dead one.
    """
    finding = take_turn(RemediationCommand(finding=command.finding, generation=command.generation), ports)
    if finding is None:
        ports.executions.wake(command.task_token, Progress(next=Next.DONE))
        return
    if finding.state is not State.WAITING or finding.remediation.approval is not None:
        ports.executions.wake(command.task_token, Progress(next=Next.ASSESS_FINDING))
        return
    last = finding.remediation
    if command.task_token not in last.tokens:
        attempt = replace(last, tokens=(*last.tokens, command.task_token))
        recorded(replace(finding, remediation=attempt), (), ports)
