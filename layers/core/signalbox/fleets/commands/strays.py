"""What strayed from where its fleet wants it and no event has told of: found, and brought back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from signalbox.fleets.commands.beginning import Draft, begin_run, drafted
from signalbox.fleets.commands.enforce import MOST_NAMED
from signalbox.fleets.decisions.claims import pairs_of
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import THE_SWEEP, Cause, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.finding import Finding
from signalbox.kernel.errors import Rejected, Transient
from signalbox.kernel.events import ENGINE


def bring_back_strays(name: str, specs: Mapping[str, FleetSpec], end: datetime, ports: FleetPorts) -> str:
    """What was done, in words. Nothing is written when nothing strays. `specs` are those of all fleets; what
    could not be looked at until `end` is left to a run of the whole fleet. Raises NotFound, and Conflict when
    somebody else was faster."""
    fleet, standing = ports.fleets.known(name)
    if standing.power is None or standing.run_id is not None:
        return "it is not looked at"
    draft = Draft(action=Action.towards(standing.power), cause=Cause.ENFORCEMENT, reason=THE_SWEEP, by=ENGINE)
    look = _Look()
    look.at_all(drafted("", fleet.spec, standing, draft, ports.clock()), standing, specs, end, ports)
    if look.is_whole and not look.strays:
        return "; ".join(["nothing strays", *look.problems])
    names = tuple(sorted(look.strays)) if look.is_whole and len(look.strays) <= MOST_NAMED else ()
    run = begin_run(fleet, standing, replace(draft, only=names), ports)
    return "; ".join([f"run {run.run_id} brings back what strays", *look.problems])


@dataclass(slots=True)
class _Look:
    """`strays` are named as a selection names them; `problems` are places where AWS could not be asked: runs
    name those. Not `is_whole` when the time was over before all had been looked at."""

    strays: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    is_whole: bool = True

    def at_all(
        self, run: Run, standing: Standing, specs: Mapping[str, FleetSpec], end: datetime, ports: FleetPorts
    ) -> None:
        """As the run, which has not begun, would look and decide."""
        for place, kind in pairs_of(run.spec, ports.home):
            if ports.clock() > end:
                self.is_whole = False
                return
            finding = Finding(place=place, kind=kind, specs=specs, ports=ports)
            try:
                lots = finding.sorted_for(run, standing, run.action.power).closed()
            except (Transient, Rejected) as problem:
                self.problems.append(f"{kind} in {place.region} of {place.account}: {problem}")
                continue
            for lot in lots:
                self.strays |= {f"{kind}:{id_}" for id_ in (*lot.waiting, *lot.asked, *lot.busy)}
