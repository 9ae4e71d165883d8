"""Task `AwaitApproval` of the remediation machine."""

from signalbox.compliance.steps.await_approval import AwaitCommand, await_approval
from signalbox.entrypoint import task
from signalbox.wiring import compliance_ports


@task(AwaitCommand)
def handler(command: AwaitCommand) -> None:
    """Keeps the token, or answers at once."""
    await_approval(command, compliance_ports())
