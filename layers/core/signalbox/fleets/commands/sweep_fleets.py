"""Once an hour: arm again what a fault has lost, catch up with what was missed, bring back what strayed and
what AWS itself has started."""

from collections.abc import Callable
from datetime import timedelta

from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.restarted import places_with_sleeping_databases, stop_again
from signalbox.fleets.commands.strays import bring_back_strays
from signalbox.fleets.ports import FleetPorts
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected, Transient

LONGEST_LOOKS = timedelta(
    seconds=25
)  # for strays; the timeout of the function in template.yaml leaves the rest


def sweep_fleets(ports: FleetPorts) -> str:
    """Each fleet by itself: what is wrong with one keeps none of the others from being looked after. All are
    attended to before AWS is asked about those that enforce."""
    specs = ports.fleets.all()
    told = [_told(name, lambda name=name: attend(name, ports)) for name in specs]  # type: ignore[misc]
    end = ports.clock() + LONGEST_LOOKS
    for name, spec in specs.items():
        if spec.mode == "enforce":
            told.append(_told(name, lambda name=name: bring_back_strays(name, specs, end, ports)))  # type: ignore[misc]
    for place in places_with_sleeping_databases(specs, ports):
        where = f"databases in {place.region} of {place.account}"
        told.append(_told(where, lambda place=place: stop_again(place, ports)))  # type: ignore[misc]
    return "; ".join(told)


def _told(name: str, act: Callable[[], str]) -> str:
    try:
        return f"{name}: {act()}"
    except (Conflict, Invalid, NotFound, Transient, Rejected) as problem:
        return f"{name}: {problem}"
