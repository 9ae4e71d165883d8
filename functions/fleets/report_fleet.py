"""Task `ReportFleet` of the power machine."""

from signalbox.entrypoint import task
from signalbox.fleets.progress import Progress
from signalbox.fleets.steps.report_fleet import report_fleet
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.wiring import fleet_ports


@task(PowerCommand)
def handler(command: PowerCommand) -> Progress:
    """Says what became of it."""
    return report_fleet(command, fleet_ports())
