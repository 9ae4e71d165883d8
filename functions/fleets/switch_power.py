"""Task `SwitchPower` of the power machine."""

from signalbox.entrypoint import task
from signalbox.fleets.progress import Progress
from signalbox.fleets.steps.switch_power import switch_power
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.wiring import fleet_ports


@task(PowerCommand)
def handler(command: PowerCommand) -> Progress:
    """Asks AWS."""
    return switch_power(command, fleet_ports())
