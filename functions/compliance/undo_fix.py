"""Task `UndoFix` of the remediation machine."""

from signalbox.compliance.progress import Progress
from signalbox.compliance.steps.turn import RemediationCommand
from signalbox.compliance.steps.undo_fix import undo_fix
from signalbox.entrypoint import task
from signalbox.wiring import compliance_ports


@task(RemediationCommand)
def handler(command: RemediationCommand) -> Progress:
    """Brings back what was recorded."""
    return undo_fix(command, compliance_ports())
