"""Task `ProveFix` of the remediation machine."""

from signalbox.compliance.progress import Progress
from signalbox.compliance.steps.prove_fix import prove_fix
from signalbox.compliance.steps.turn import RemediationCommand
from signalbox.entrypoint import task
from signalbox.wiring import compliance_ports


@task(RemediationCommand)
def handler(command: RemediationCommand) -> Progress:
    """Reads back what was written."""
    return prove_fix(command, compliance_ports())
