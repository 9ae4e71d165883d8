"""What is remembered of a fleet, and of each run that starts or stops it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signalbox.fleets.model import Action, Kind, Override, Place, Power
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.timeline import Head

Reasons = Mapping[str, tuple[str, ...]]
"""Why -> the ids of which it is so: thousands of resources have few reasons."""
EVERYTHING = "*"  # the id of what could not even be looked for


def where(place: Place, kind: Kind) -> str:
    """Account, Region and kind."""
    return f"{place.account}/{place.region}/{kind}"


class RunPhase(StrEnum):
    """Where a run is. `incomplete`: something selected is not where it should be, and is named."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    INCOMPLETE = "incomplete"
    SUPERSEDED = "superseded"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self not in (RunPhase.PENDING, RunPhase.RUNNING)


class Cause(StrEnum):
    """What made a run begin."""

    TRANSITION = "transition"
    REQUEST = "request"
    OVERRIDE = "override"
    ENFORCEMENT = "enforcement"
    TAG = "tag"


THE_SWEEP = "the hourly sweep"  # in the reason of a run that brings back what no event has told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A fleet as stored. Times are RFC 3339."""

    spec: FleetSpec
    created_at: str
    updated_at: str
    updated_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a fleet between its runs. `acted_at` is the moment of the last transition that a run
    was begun for, `armed_for` that of the next one; `run_id` is the run that may act, `power` what the fleet
    was last told to be, by the run `told_by`. `sizes` is what groups had before they were stopped, by
    `Lot.key_of`; `kept` the ids that ran although the fleet stood still, by `Lot.where`; `types` the own type
    of instances that have been given another one, then what they may have been given, by `Lot.key_of`.
    `stopped_by` is the run that the fleet has stood still since: savings are counted from it. `look_again_at`
    is when the first tag ends that held a resource back, `retry_at` when what AWS could not be asked about is
    tried again."""

    revision: int = 0
    head: Head = field(default_factory=Head)
    published: int = 0
    override: Override | None = None
    armed_for: datetime | None = None
    acted_at: datetime | None = None
    run_id: str | None = None
    power: Power | None = None
    told_by: str | None = None
    stopped_by: str | None = None
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    kept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    look_again_at: datetime | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One time that a fleet is started or stopped, with the spec that it was planned with.

    `only` narrows it down to some (`ec2:i-0a1b…`); `swept`: no event has told of what it brings back; `was`
    is what the fleet was meant to be before; `turned`: it took the place of one that was under way to the
    opposite, whose last call may still come. `resolved` counts the pairs of place and kind that have been
    looked through, `lots` what was made of them. `tokens` is what is left in each bucket, and since when
    (Unix seconds). `stage` counts from 0; `stage_at` is when it began, `looked_at` when it was looked at
    last, `rounds` how often for nothing; `again`: what was put off has not been asked for again since;
    `found`: how many of those reached were there already.
    """

    run_id: str
    fleet: str
    action: Action
    cause: Cause
    reason: str
    by: str
    spec: FleetSpec
    created_at: datetime
    generation: int = 1
    revision: int = 1
    phase: RunPhase = RunPhase.PENDING
    only: tuple[str, ...] = ()
    swept: bool = False
    was: Power | None = None
    turned: bool = False
    resolved: int = 0
    lots: int = 0
    stage: int = 0
    stage_at: datetime | None = None
    looked_at: datetime | None = None
    rounds: int = 0
    again: bool = False
    look_again_at: datetime | None = None
    tokens: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    found: int = 0
    saved: Mapping[str, float] = field(default_factory=dict)
    ended_at: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """An instance whose type is not, was not or will not be its own: what it has now, and is to have next."""

    own: str
    now: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """At most a thousand resources of one kind in one place: each id is in exactly one of `waiting` (not
    asked for yet), `asked` (AWS has accepted it, or it was on its way), `busy` (in maintenance: not asked for
    until that ends), `reached` (seen there), `skipped` and `failed`.

    `found` are those reached that were there already. `after` is how many seconds after its stage has begun
    it is due, `since` when AWS was asked for the first of it. `sizes` is what groups are to have again (or
    had, when they are stopped), `units` what a price list calls them, `delays` why some are not there yet,
    `returned` how often some went back to where they were. `types` are of instances that take another type
    than their own while there is no capacity for it. `unanswered`: AWS could not be asked about them at last.
    """

    number: int
    stage: int
    kind: Kind
    place: Place
    after: int = 0
    since: datetime | None = None
    waiting: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    skipped: Reasons = field(default_factory=dict)
    failed: Reasons = field(default_factory=dict)
    delays: Reasons = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    units: Reasons = field(default_factory=dict)
    returned: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[str, Typed] = field(default_factory=dict)
    unanswered: bool = False

    @property
    def where(self) -> str:
        """Account, Region and kind."""
        return where(self.place, self.kind)

    def key_of(self, id_: str) -> str:
        """What tells a resource from all others: account, Region, kind and id."""
        return f"{self.where}/{id_}"

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do or to see."""
        return not self.waiting and not self.asked and not self.busy
