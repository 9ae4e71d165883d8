"""The tag that overrides the schedule of one resource was set, changed or taken away: do what it says now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from signalbox.fleets.commands.beginning import Draft, begin_run, drafted
from signalbox.fleets.commands.enforce import MOST_NAMED
from signalbox.fleets.commands.looking import Look
from signalbox.fleets.commands.strays import for_tags
from signalbox.fleets.decisions.claims import place_of
from signalbox.fleets.model import Action, Kind, Place
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Run
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.finding import Finding
from signalbox.fleets.steps.held import hold_back
from signalbox.fleets.steps.turn import under_way
from signalbox.kernel.again import persistent
from signalbox.kernel.events import ENGINE


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChanged:
    """Whose tag it is; `kind` is None for what no fleet starts or stops. What the tag says now, AWS is asked:
    an event may be late."""

    kind: Kind | None
    id: str
    region: str
    account: str


@persistent
def mind_tag(changed: TagChanged, ports: FleetPorts) -> str:
    """What was done, in words: for fleets that enforce, what the sweep would do within the hour. While a run
    of something else is under way it is left to that. Raises Conflict when others are faster all the time."""
    specs = ports.fleets.all()
    there = replace(ports.home, region=changed.region, account=changed.account)
    told = [
        f"{name}: {_minded(spec, place, changed, specs, ports)}"
        for name, spec in specs.items()
        if changed.kind
        and spec.mode == "enforce"
        and (place := place_of(spec, there, changed.kind, ports.home))
    ]
    return "; ".join(told) or f"no fleet that enforces looks for {changed.id}"


def _minded(
    spec: FleetSpec, place: Place, changed: TagChanged, specs: Mapping[str, FleetSpec], ports: FleetPorts
) -> str:
    fleet, standing = ports.fleets.known(spec.name)
    if standing.power is None or changed.kind is None:
        return "it has not been started or stopped yet"
    name = f"{changed.kind}:{changed.id}"
    draft = Draft(
        action=Action.towards(standing.power),
        cause=Cause.ENFORCEMENT,
        reason=f"the tag of {name} has changed",
        by=ENGINE,
        only=(name,),
    )
    look = Look()
    finding = Finding(place=place, kind=changed.kind, specs=specs, ports=ports)
    look.at(finding, drafted("", spec, standing, draft, ports.clock()), standing)
    run = under_way(spec.name, standing, ports)
    begun = _begun(look, draft, run)
    if begun is not None:
        return f"{begin_run(fleet, standing, begun, ports).run_id}: {begun.reason}"
    if look.until is not None:  # sooner than a run has known, perhaps
        hold_back(spec.name, standing, look.until, ports)
    if look.tagged or look.strays:
        return f"run {standing.run_id} goes on, the sweep looks again"
    return "; ".join(["nothing is to be done", *look.problems])


def _begun(look: Look, draft: Draft, run: Run | None) -> Draft | None:
    """What is to begin: what the tag asks for, or else the fleet; None when that is so or must wait."""
    if look.tagged:
        draft = for_tags(look.tagged, draft.action)
    elif not look.strays:
        return None
    return _joined(run, draft) if run else draft


def _joined(run: Run, draft: Draft) -> Draft | None:
    """One that takes the place of the run and brings its resources there as well; None when they want
    something else of AWS, or it names this one."""
    names = tuple(sorted({*run.only, *draft.only}))
    is_alike = (run.cause, run.action) == (draft.cause, draft.action)
    if not run.only or not is_alike or len(names) > MOST_NAMED or names == run.only:
        return None
    return replace(draft, only=names, reason=f"{draft.reason}; and {len(run.only)} more")
