"""Rules `InstancePowerRule` and `DatabasePowerRule`: somebody has started or stopped something."""

from signalbox.entrypoint import listener
from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.commands.occurrences import power_changed
from signalbox.wiring import fleet_ports


@listener(power_changed)
def handler(switched: Switched) -> str:
    """Bring it back, where its fleet says so."""
    return enforce(switched, fleet_ports())
