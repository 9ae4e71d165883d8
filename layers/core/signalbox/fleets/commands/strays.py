"""What is not where its fleet or its own tag wants it and no event has told of: found, and brought there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from signalbox.fleets.commands.beginning import Draft, begin_run, drafted
from signalbox.fleets.commands.enforce import MOST_NAMED
from signalbox.fleets.commands.looking import Look, opposite
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import THE_SWEEP, Cause
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.events import ENGINE

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
    look = Look()
    look.at_all(drafted("", fleet.spec, standing, draft, ports.clock()), standing, specs, end, ports)
    strays = bool(look.strays) or not look.is_whole
    if look.tagged and not (strays and _was_for_tags(name, ports)):
        run = begin_run(fleet, standing, for_tags(look.tagged, draft.action), ports)
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


def for_tags(tagged: Mapping[str, str], action: Action) -> Draft:
    """What brings those that a tag wants otherwise there; `action` leads to what their fleet is meant to be.
    `tagged`: name → what its tag says."""
    names = tuple(sorted(tagged))[:MOST_TAGGED]
    told = [f"{name} {tagged[name]}" for name in names[:MOST_TOLD]]
    more = len(names) - len(told)
    return Draft(
        action=opposite(action),
        cause=Cause.TAG,
        reason="; ".join([*told, *([f"and {more} more"] if more else [])]),
        by=ENGINE,
        only=names,
    )
