"""Task `VerifyPower` of the power machine."""

from signalbox.entrypoint import task
from signalbox.fleets.progress import Progress
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.fleets.steps.verify_power import verify_power
from signalbox.wiring import fleet_ports


@task(PowerCommand)
def handler(command: PowerCommand) -> Progress:
    """Sees what is there."""
    return verify_power(command, fleet_ports())
