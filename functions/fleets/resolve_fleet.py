"""Task `ResolveFleet` of the power machine."""

from signalbox.entrypoint import task
from signalbox.fleets.progress import Progress
from signalbox.fleets.steps.resolve_fleet import resolve_fleet
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.wiring import fleet_ports


@task(PowerCommand)
def handler(command: PowerCommand) -> Progress:
    """Everything that is selected, with what is to be done with it."""
    return resolve_fleet(command, fleet_ports())
