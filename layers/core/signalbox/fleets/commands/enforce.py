"""Something was started or stopped by somebody else: bring it back, where its fleet says so; else tell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from signalbox.fleets.commands.beginning import Draft, begin_run
from signalbox.fleets.commands.meaning import meant
from signalbox.fleets.commands.timing import timed
from signalbox.fleets.decisions.claims import place_of
from signalbox.fleets.decisions.mentions import BY_OTHERS
from signalbox.fleets.decisions.tags import TAG, tag_override
from signalbox.fleets.model import Action, Kind, Place, Power, Wanted
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import THE_SWEEP, Cause, Run, Standing
from signalbox.fleets.schedule.overrides import wanted_with
from signalbox.fleets.spec import FleetSpec, Select
from signalbox.fleets.steps.held import hold_back
from signalbox.fleets.steps.selected import selected
from signalbox.fleets.steps.turn import tell, under_way
from signalbox.kernel.again import persistent
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Rejected
from signalbox.kernel.events import ENGINE, Event, JsonObject

MOST_NAMED = 100  # resources that a run names; beyond that it is a run of the whole fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """A resource that is running, or has stopped. `by_aws`: AWS itself has started it, as it does with a
    database that has stood still for seven days. `by_sweep`: no event has told of it."""

    kind: Kind
    id: str
    power: Power
    region: str
    account: str
    by_aws: bool = False
    by_sweep: bool = False

    @property
    def name(self) -> str:
        """As a selection names it."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Concerned:
    """A fleet that looks for such things at that place, and what it is meant to be; until when the tag of the
    resource says that it is right as it is."""

    spec: FleetSpec
    standing: Standing
    place: Place
    power: Power
    until: datetime | None = None


@persistent
def enforce(switched: Switched, ports: FleetPorts) -> str:
    """What was done, in words. What several fleets claim is left to people. Several may be started at once:
    raises Conflict when others are faster all the time."""
    concerned = list(_concerned(switched, ports))
    # Most events are the echo of a run: AWS is asked only about what strays.
    if all(one.power is switched.power for one in concerned):
        return f"{switched.id} is {switched.power}: no fleet wants anything else"
    selecting = [found for one in concerned if (found := _selected(one, switched, ports))]
    mine = [one for one in selecting if one.spec.mode != "observe"] or selecting
    if len(mine) != 1:
        return f"{len(mine)} fleets may act on {switched.id}"
    return _answered(mine[0], switched, ports)


def _answered(one: _Concerned, switched: Switched, ports: FleetPorts) -> str:
    if one.power is switched.power:
        return f"{switched.id} is {switched.power}, as {one.spec.name} wants it"
    if one.until is not None:
        hold_back(one.spec.name, one.standing, one.until, ports)
        return f"{switched.id} is {switched.power} until {rfc3339(one.until)} by its tag"
    why = meant(one.spec.name, one.standing, timed(one.spec, ports), ports).reason
    reason = f"{switched.id} is {switched.power}, it should be {one.power}: {why}"
    run = under_way(one.spec.name, one.standing, ports)
    if run is not None and not _is_joined_by(run, one.power, switched):
        return f"run {run.run_id} goes on: {reason}"
    if one.spec.mode == "enforce" or (switched.by_aws and one.spec.mode == "schedule"):
        return _brought_back(one, switched, run, reason, ports)
    data: JsonObject = {"resource": switched.id, "kind": switched.kind, "mode": one.spec.mode}
    event = Event(type=BY_OTHERS[switched.power], at=ports.clock(), actor=ENGINE, reason=reason, data=data)
    tell(one.spec.name, one.standing, [event], ports)
    return reason


def _concerned(switched: Switched, ports: FleetPorts) -> Iterator[_Concerned]:
    there = replace(ports.home, region=switched.region, account=switched.account)
    for name, spec in ports.fleets.all().items():
        place = place_of(spec, there, switched.kind, ports.home)
        if place is not None:
            standing = ports.fleets.standing(name)
            power = standing.power or _wanted(spec, standing, ports).power
            yield _Concerned(spec=spec, standing=standing, place=place, power=power)


def _wanted(spec: FleetSpec, standing: Standing, ports: FleetPorts) -> Wanted:
    """What its schedule says, of a fleet that has not been told anything yet."""
    return wanted_with(timed(spec, ports), standing.override, ports.clock())


def _selected(one: _Concerned, switched: Switched, ports: FleetPorts) -> _Concerned | None:
    """None unless the fleet has it, it still is as the event says, and its tags do not say otherwise. A fleet
    that cannot be asked whom it selects keeps no other from it: its own sweep tells."""
    select = Select(resources=(switched.name,), kinds=(switched.kind,))
    back = Power.STOPPED if switched.power is Power.RUNNING else Power.RUNNING
    found = ports.switch_of(switched.kind).find(select, one.place)
    strays = [each for each in found if not each.member_of and str(each.condition) != str(back)]
    try:
        ours = selected(strays, one.spec, switched.kind, one.place, ports)
    except Rejected:
        return None
    for each in ours:
        asked = tag_override(each.tags.get(TAG), ports.clock())
        if asked is None or asked.power is back:
            return one
        if asked.power is switched.power:
            return replace(one, until=asked.until)
    return None


def _is_joined_by(run: Run, power: Power, switched: Switched) -> bool:
    """A run of the whole fleet is not interrupted for one resource; one of a few takes it in."""
    return bool(run.only) and run.action.power is power and switched.name not in run.only


def _brought_back(
    one: _Concerned, switched: Switched, run: Run | None, reason: str, ports: FleetPorts
) -> str:
    only = tuple(sorted({*(run.only if run else ()), switched.name}))
    told = [*(["AWS started it"] if switched.by_aws else []), *([THE_SWEEP] if switched.by_sweep else [])]
    draft = Draft(
        action=Action.towards(one.power),
        cause=Cause.ENFORCEMENT,
        reason="; ".join([reason, *told]),
        by=ENGINE,
        only=only if len(only) <= MOST_NAMED else (),
        swept=switched.by_sweep,
    )
    begun = begin_run(ports.fleets.get(one.spec.name), one.standing, draft, ports)
    return f"{begun.run_id}: {reason}"
