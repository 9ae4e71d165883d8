"""Task `AssessFinding` of the remediation machine."""

from signalbox.compliance.progress import Progress
from signalbox.compliance.steps.assess_finding import assess_finding
from signalbox.compliance.steps.turn import RemediationCommand
from signalbox.entrypoint import task
from signalbox.wiring import compliance_ports


@task(RemediationCommand)
def handler(command: RemediationCommand) -> Progress:
    """Looks and decides."""
    return assess_finding(command, compliance_ports())
