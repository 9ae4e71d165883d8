"""Task `ApplyFix` of the remediation machine."""

from signalbox.compliance.progress import Progress
from signalbox.compliance.steps.apply_fix import apply_fix
from signalbox.compliance.steps.turn import RemediationCommand
from signalbox.entrypoint import task
from signalbox.wiring import compliance_ports


@task(RemediationCommand)
def handler(command: RemediationCommand) -> Progress:
    """Writes the record, then the fix."""
    return apply_fix(command, compliance_ports())
