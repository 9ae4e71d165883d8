"""What a run does with each resource that it finds, and why. Pure."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from signalbox.fleets.decisions.claims import Claim, rivals
from signalbox.fleets.decisions.tags import TAG, TagOverride, tag_override
from signalbox.fleets.model import Action, Condition, Resource
from signalbox.fleets.record import Cause, Run
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.durations import parse_duration

SLICE = 60  # seconds: starts are spread by the minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is the same for all resources of a kind at a place: what other fleets claim there, what is to be
    left running, what sizes groups are to have again, and which instances have types of ours."""

    run: Run
    now: datetime
    others: tuple[Claim, ...] = ()
    kept: frozenset[str] = frozenset()
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Outcome(StrEnum):
    """Where a resource is put: the lists of a lot."""

    WAITING = "waiting"
    ASKED = "asked"
    BUSY = "busy"
    REACHED = "reached"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of it, and why; until when a tag wants something else than its fleet."""

    outcome: Outcome
    reason: str = ""
    until: datetime | None = None


def decide(resource: Resource, given: Circumstances) -> Verdict:
    """The first reason that holds. What cannot be told apart is left alone: nothing is done on a guess."""
    against = _not_ours(resource, given)
    if against:
        return Verdict(Outcome.SKIPPED, against)
    asked = tag_override(resource.tags.get(TAG), given.now)
    if asked is not None and asked.power is not given.run.action.power:
        return Verdict(Outcome.SKIPPED, _told(asked, given.run), asked.until)
    if given.run.cause is not Cause.TAG:
        return _switched(resource, given)
    if asked is None:
        return Verdict(Outcome.SKIPPED, "its tag asks for nothing any more")
    return replace(_switched(resource, given), until=asked.until)


def _switched(resource: Resource, given: Circumstances) -> Verdict:
    if _is_retained(resource, given):
        return Verdict(Outcome.SKIPPED, "it ran before its period began: retained")
    if str(resource.condition) == str(given.run.action.power):
        return _there(resource, given.run)
    hopeless = _hopeless(resource, given.run.spec)
    if hopeless:
        return Verdict(Outcome.SKIPPED, hopeless)
    return _acting(resource)


def _there(resource: Resource, run: Run) -> Verdict:
    """It is as it should be, unless a call of the run before is still on its way: then a look tells."""
    if run.turned and not resource.size:
        return Verdict(Outcome.ASKED, "the run before may still switch it")
    return Verdict(Outcome.REACHED)


def _acting(resource: Resource) -> Verdict:
    """What is busy or on its way is waited for; only a group takes a new size at any time."""
    told = f"it is {resource.detail or resource.condition}"
    if resource.condition is Condition.BUSY:
        return Verdict(Outcome.BUSY, told)
    if resource.condition is Condition.CHANGING and not resource.size:
        return Verdict(Outcome.ASKED, told)
    return Verdict(Outcome.WAITING)


def _hopeless(resource: Resource, spec: FleetSpec) -> str:
    if resource.condition is Condition.BROKEN:
        return resource.detail or "it is broken"
    return resource.obstacle or ("the fleet only observes" if spec.mode == "observe" else "")


def _not_ours(resource: Resource, given: Circumstances) -> str:
    if resource.member_of:
        return f"goes with {resource.member_of}"
    claimed = rivals(resource, given.others)
    if claimed:
        return f"conflict: fleet {', '.join(claimed)} claims it as well; select it in one of them only"
    return ""


def _told(asked: TagOverride, run: Run) -> str:
    if run.cause is Cause.OVERRIDE and asked.power:
        return f"conflict: {run.reason}, but {asked.told}"
    return asked.told


def _is_retained(resource: Resource, given: Circumstances) -> bool:
    """What the schedule began is bound by it; what people ask for is not."""
    run = given.run
    by_schedule = run.cause in (Cause.TRANSITION, Cause.ENFORCEMENT)
    return run.action is Action.STOP and by_schedule and run.spec.retain and resource.id in given.kept


def after(id_: str, spec: FleetSpec, action: Action) -> int:
    """Seconds after its stage has begun: starts are spread, each resource always by the same."""
    if action is Action.STOP or spec.spread is None:
        return 0
    slices = int(parse_duration(spec.spread).total_seconds()) // SLICE
    return zlib.crc32(id_.encode()) % (slices + 1) * SLICE
