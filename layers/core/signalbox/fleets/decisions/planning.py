"""What a run does with each resource that it finds, and why. Pure."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from signalbox.fleets.decisions.claims import rivals
from signalbox.fleets.decisions.tags import TAG, tag_override
from signalbox.fleets.model import Action, Condition, Kind, Place, Resource
from signalbox.fleets.record import Cause, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.durations import parse_duration

SLICE = 60  # seconds: starts are spread by the minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is the same for all resources of a run. `others` are the specs of all fleets, by name."""

    run: Run
    standing: Standing
    now: datetime
    home: Place
    others: Mapping[str, FleetSpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is acted on; `reason` says why not, or what it waits for. `arrived`: it is there already."""

    acts: bool
    reason: str = ""
    arrived: bool = False


ACTS = Verdict(acts=True)


def decide(resource: Resource, key: str, place: Place, given: Circumstances) -> Verdict:
    """The first reason that holds. What cannot be told apart is left alone: nothing is done on a guess."""
    against = _not_ours(resource, place, given) or _held_back(resource, key, given)
    if against:
        return Verdict(acts=False, reason=against)
    wanted = given.run.action.power
    if str(resource.condition) == str(wanted):
        return Verdict(acts=False, reason=f"{wanted} already", arrived=True)
    hopeless = _hopeless(resource, given.run.spec)
    if hopeless:
        return Verdict(acts=False, reason=hopeless)
    if resource.condition in (Condition.BUSY, Condition.CHANGING):
        return Verdict(acts=True, reason=f"it is {resource.detail or resource.condition}")
    return ACTS


def _hopeless(resource: Resource, spec: FleetSpec) -> str:
    if resource.condition is Condition.BROKEN:
        return resource.detail or "it is broken"
    return resource.obstacle or ("the fleet only observes" if spec.mode == "observe" else "")


def _not_ours(resource: Resource, place: Place, given: Circumstances) -> str:
    if resource.member_of:
        return f"goes with {resource.member_of}"
    claimed = rivals(resource, place, given.home, given.run.fleet, given.others)
    if claimed:
        return f"conflict: fleet {', '.join(claimed)} claims it as well; select it in one of them only"
    return ""


def _held_back(resource: Resource, key: str, given: Circumstances) -> str:
    run = given.run
    asked = tag_override(resource.tags.get(TAG), given.now)
    if asked is not None and asked.power is not run.action.power:
        if run.cause is Cause.OVERRIDE and asked.power:
            return f"conflict: {run.reason}, but {asked.told}"
        return asked.told
    retains = run.action is Action.STOP and run.cause is Cause.TRANSITION and run.spec.retain
    if retains and key in given.standing.kept:
        return "it ran before its period began: retained"
    return ""


def stage_of(kind: Kind, spec: FleetSpec, action: Action) -> int:
    """Which of the stages it belongs to, from 0: kinds that are not named start last, and stop first."""
    named = [index for index, kinds in enumerate(spec.order) if kind in kinds]
    place = named[0] if named else len(spec.order)
    return place if action is Action.START else len(spec.order) - place


def after(id_: str, spec: FleetSpec, action: Action) -> int:
    """Seconds after its stage has begun: starts are spread, each resource always by the same."""
    if action is Action.STOP or spec.spread is None:
        return 0
    slices = int(parse_duration(spec.spread).total_seconds()) // SLICE
    return zlib.crc32(id_.encode()) % (slices + 1) * SLICE
