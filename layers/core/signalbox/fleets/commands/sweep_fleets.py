"""Once an hour: arm again what a fault has lost, catch up with what was missed, bring back what strayed."""

from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.enforce import sweep_fleet
from signalbox.fleets.ports import FleetPorts
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected, Transient


def sweep_fleets(ports: FleetPorts) -> str:
    """Each fleet by itself: what is wrong with one keeps none of the others from being looked after."""
    told = []
    for name in ports.fleets.all():
        try:
            told.append(f"{name}: {attend(name, ports)}")
            sweep_fleet(ports.fleets.get(name), ports.fleets.standing(name), ports)
        except (Conflict, Invalid, NotFound, Transient, Rejected) as problem:
            told.append(f"{name}: {problem}")
    return "; ".join(told)
