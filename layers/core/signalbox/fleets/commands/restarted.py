"""Databases that AWS has started after seven days and no event has told of are stopped again."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.decisions.claims import pairs_of
from signalbox.fleets.model import DATABASES, Kind, Place, Power
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import Conflict, Rejected, Transient

LOOKED_BACK = timedelta(hours=6)  # as long as sweeps may fail


def places_with_sleeping_databases(specs: Mapping[str, FleetSpec], ports: FleetPorts) -> Sequence[Place]:
    """Where fleets on a schedule that are meant to stand still look for databases, each once. Those that
    enforce are looked at as they are."""
    found: dict[tuple[str, str], Place] = {}
    for name, spec in specs.items():
        places = [place for place, kind in pairs_of(spec, ports.home) if kind in DATABASES]
        if spec.mode == "schedule" and places and ports.fleets.standing(name).power is Power.STOPPED:
            for place in places:
                found.setdefault((place.account, place.region), place)
    return list(found.values())


def stop_again(place: Place, ports: FleetPorts) -> str:
    """What was done, in words. What somebody has started is not AWS's doing and is let be; one that cannot be
    looked after keeps no other from it. Raises Transient and Rejected when AWS cannot be asked for them."""
    started = ports.restarts.by_aws(place, ports.clock() - LOOKED_BACK)
    return "; ".join(_stopped(kind, id_, place, ports) for kind, id_ in started) or "AWS has started none"


def _stopped(kind: Kind, id_: str, place: Place, ports: FleetPorts) -> str:
    switched = Switched(
        kind=kind,
        id=id_,
        power=Power.RUNNING,
        region=place.region,
        account=place.account,
        by_aws=True,
        by_sweep=True,
    )
    try:
        return enforce(switched, ports)
    except (Conflict, Transient, Rejected) as problem:
        return f"{id_}: {problem}"
