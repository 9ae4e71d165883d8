"""Something was started or stopped by somebody else: bring it back, where its fleet says so; else tell."""

from collections.abc import Iterator
from dataclasses import dataclass

from signalbox.fleets.commands.beginning import Draft, begin_run
from signalbox.fleets.commands.timing import timed
from signalbox.fleets.decisions.claims import selects
from signalbox.fleets.decisions.tags import TAG, tag_override
from signalbox.fleets.model import Action, Kind, Place, Power, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Registered, Standing
from signalbox.fleets.schedule.overrides import wanted_with
from signalbox.fleets.spec import FleetSpec, Select
from signalbox.fleets.steps.turn import ENGINE, tell
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import Event

TOLD = {Power.RUNNING: "Resource Started By Others", Power.STOPPED: "Resource Stopped By Others"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """A resource that is running, or has stopped. `by_aws`: AWS itself has started it, as it does with a
    database that has stood still for seven days."""

    kind: Kind
    id: str
    power: Power
    region: str
    account: str
    by_aws: bool = False


def enforce(switched: Switched, ports: FleetPorts) -> str:
    """What was done, in words. What several fleets claim is left to people."""
    place = Place(region=switched.region, account=switched.account)
    mine = list(_claiming(switched, place, ports))
    if len(mine) != 1:
        return f"{len(mine)} fleets select {switched.id}"
    fleet, standing = mine[0]
    now = ports.clock()
    then = wanted_with(timed(fleet.spec, ports), standing.override, now)
    power = standing.power or then.power
    if power is switched.power:
        return f"{switched.id} is {power}, as it should be"
    reason = f"{switched.id} is {switched.power}, it should be {power}: {then.reason}"
    may_act = fleet.spec.mode == "enforce" or (switched.by_aws and fleet.spec.mode != "observe")
    if not may_act or _under_way(standing, fleet, ports):
        data: dict[str, object] = {"resource": switched.id, "kind": switched.kind, "mode": fleet.spec.mode}
        told = Event(type=TOLD[switched.power], at=now, actor=ENGINE, reason=reason, data=data)
        tell(fleet.spec.name, standing, [told], ports)
        return reason
    draft = Draft(
        action=Action.towards(power),
        cause=Cause.ENFORCEMENT,
        reason=f"{reason}; AWS started it" if switched.by_aws else reason,
        by=ENGINE,
        # With its kind: a plain name may be a database's as well as a group's.
        only=(f"{switched.kind}:{switched.id}",),
    )
    return f"{begin_run(fleet, standing, draft, ports).run_id}: {reason}"


def _under_way(standing: Standing, fleet: Registered, ports: FleetPorts) -> bool:
    """A run is not interrupted for one resource: the sweep comes back to it."""
    return standing.run_id is not None and not ports.runs.get(fleet.spec.name, standing.run_id).phase.is_final


def _claiming(switched: Switched, place: Place, ports: FleetPorts) -> Iterator[tuple[Registered, Standing]]:
    """The fleets that select it, when its tags do not say otherwise."""
    concerned = {
        name: spec for name, spec in ports.fleets.all().items() if _concerns(spec, switched, ports.home)
    }
    if not concerned:
        return
    one = Select(resources=(switched.id,), kinds=(switched.kind,))
    for resource in ports.switch_of(switched.kind).find(one, place):
        for name, spec in concerned.items():
            if _has(spec, resource, place, ports):
                yield ports.fleets.get(name), ports.fleets.standing(name)


def _concerns(spec: FleetSpec, switched: Switched, home: Place) -> bool:
    return switched.kind in spec.select.kinds and switched.region in (spec.select.regions or (home.region,))


def _has(spec: FleetSpec, resource: Resource, place: Place, ports: FleetPorts) -> bool:
    if resource.member_of or tag_override(resource.tags.get(TAG), ports.clock()) is not None:
        return False
    return selects(spec.select, resource, place, ports.home)


def sweep_fleet(fleet: Registered, standing: Standing, ports: FleetPorts) -> None:
    """What no event has told: once an hour a fleet that enforces is brought to where it should be."""
    if fleet.spec.mode != "enforce" or standing.power is None or _under_way(standing, fleet, ports):
        return
    draft = Draft(
        action=Action.towards(standing.power), cause=Cause.ENFORCEMENT, reason="the hourly sweep", by=ENGINE
    )
    try:
        begin_run(fleet, standing, draft, ports)
    except Conflict:
        return  # somebody else was faster
