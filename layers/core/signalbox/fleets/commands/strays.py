"""What is not where its fleet or its own tag wants it and no event has told of: found, and brought there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from signalbox.fleets.commands.beginning import Draft, begin_run, drafted
from signalbox.fleets.commands.enforce import MOST_NAMED
from signalbox.fleets.decisions.claims import pairs_of
from signalbox.fleets.decisions.due import live
from signalbox.fleets.decisions.planning import Circumstances, Outcome, decide
from signalbox.fleets.decisions.tags import TAG, tag_override
from signalbox.fleets.model import Action, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import THE_SWEEP, Cause, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.finding import Finding
from signalbox.kernel.errors import Rejected, Transient
from signalbox.kernel.events import ENGINE

ACTING = (Outcome.WAITING, Outcome.ASKED, Outcome.BUSY)
MOST_TAGGED = 500  # that a run names: there is no run of the whole fleet that would mind tags alone
MOST_TOLD = 3  # of them, in its reason


def bring_back_strays(name: str, specs: Mapping[str, FleetSpec], end: datetime, ports: FleetPorts) -> str:
    """What was done, in words. Nothing is written when nothing strays. `specs` are those of all fleets; what
    could not be looked at until `end` is left to a run of the whole fleet. What strays and what a tag wants
    otherwise are brought there in turn, by the run of one sweep each. Raises NotFound, and Conflict when
    somebody else was faster."""
    fleet, standing = ports.fleets.known(name)
    if standing.power is None or standing.run_id is not None:
        return "it is not looked at"
    draft = Draft(
        action=Action.towards(standing.power),
        cause=Cause.ENFORCEMENT,
        reason=THE_SWEEP,
        by=ENGINE,
        swept=True,
    )
    look = _Look()
    look.at_all(drafted("", fleet.spec, standing, draft, ports.clock()), standing, specs, end, ports)
    strays = bool(look.strays) or not look.is_whole
    if look.tagged and not (strays and _was_for_tags(name, ports)):
        run = begin_run(fleet, standing, _for_tags(look.tagged, draft.action), ports)
        return "; ".join([f"run {run.run_id} does what tags ask for", *look.problems])
    if not strays:
        return "; ".join(["nothing strays", *look.problems])
    names = tuple(sorted(look.strays)) if look.is_whole and len(look.strays) <= MOST_NAMED else ()
    run = begin_run(fleet, standing, replace(draft, only=names), ports)
    return "; ".join([f"run {run.run_id} brings back what strays", *look.problems])


def _was_for_tags(name: str, ports: FleetPorts) -> bool:
    """Whether the last run was: it is the turn of what strays then."""
    runs, _ = ports.runs.list(name, 1, None)
    return any(run.cause is Cause.TAG for run in runs)


def _for_tags(tagged: Mapping[str, str], action: Action) -> Draft:
    names = tuple(sorted(tagged))[:MOST_TAGGED]
    told = [f"{name} {tagged[name]}" for name in names[:MOST_TOLD]]
    more = len(names) - len(told)
    return Draft(
        action=_other(action),
        cause=Cause.TAG,
        reason="; ".join([*told, *([f"and {more} more"] if more else [])]),
        by=ENGINE,
        only=names,
    )


def _other(action: Action) -> Action:
    return Action.START if action is Action.STOP else Action.STOP


@dataclass(slots=True)
class _Look:
    """`strays` are named as a selection names them, and so are those that a tag wants otherwise than their
    fleet, with what it says; `problems` are places where AWS could not be asked: runs name those. Not
    `is_whole` when the time was over before all had been looked at."""

    strays: set[str] = field(default_factory=set)
    tagged: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    is_whole: bool = True

    def at_all(
        self, run: Run, standing: Standing, specs: Mapping[str, FleetSpec], end: datetime, ports: FleetPorts
    ) -> None:
        """As the run, which has not begun, would look and decide, and one for tags."""
        override = live(standing.override, ports.clock())
        # What contradicts an override is a conflict, and left as it is.
        minds_tags = override is None or override.power is not run.action.power
        for place, kind in pairs_of(run.spec, ports.home):
            if ports.clock() > end:
                self.is_whole = False
                return
            finding = Finding(place=place, kind=kind, specs=specs, ports=ports)
            despite = TAG if minds_tags else ""
            try:
                given = finding.given(run, standing)
                found = list(finding.found(run, run.action.power, despite))
            except (Transient, Rejected) as problem:
                self.problems.append(f"{kind} in {place.region} of {place.account}: {problem}")
                continue
            for resource in found:
                self._take(resource, given, minds_tags)

    def _take(self, resource: Resource, given: Circumstances, minds_tags: bool) -> None:
        name = f"{resource.kind}:{resource.id}"
        if decide(resource, given).outcome in ACTING:
            self.strays.add(name)
        elif minds_tags and TAG in resource.tags:
            other = replace(given.run, action=_other(given.run.action), cause=Cause.TAG)
            asked = tag_override(resource.tags[TAG], given.now)
            if asked is not None and decide(resource, replace(given, run=other)).outcome in ACTING:
                self.tagged[name] = asked.told
