"""The record of one rollout."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signalbox.kernel.events import JsonObject
from signalbox.kernel.timeline import Head
from signalbox.rollouts.estate import Alarm, Estate, Layout
from signalbox.rollouts.service import ServiceSpec

SCHEMA = 1


class Phase(StrEnum):
    """Where a rollout stands. All but the first four are terminal; `stuck` alone can be retried."""

    PENDING = "pending"
    RUNNING = "running"
    HOLDING = "holding"
    ROLLING_BACK = "rolling_back"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    STUCK = "stuck"

    @property
    def is_terminal(self) -> bool:
        """Whether the rollout has ended; `stuck` has, until somebody retries it."""
        return self not in (Phase.PENDING, Phase.RUNNING, Phase.HOLDING, Phase.ROLLING_BACK)

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return self.is_terminal and self is not Phase.STUCK


class StepKind(StrEnum):
    """What a step asks for."""

    PROVISION = "provision"
    SHIFT = "shift"
    REPLACE = "replace"
    BAKE = "bake"
    PAUSE = "pause"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One end state of a plan. `percent`, `count`, `batch` and `seconds` are set where the kind has them."""

    index: int
    kind: StepKind
    name: str
    percent: int | None = None
    count: int | None = None
    batch: int | None = None
    seconds: int | None = None


class HoldKind(StrEnum):
    """What a hold waits for."""

    SETTLING = "settling"
    BAKE = "bake"
    PAUSE = "pause"
    APPROVAL = "approval"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A wait as a person sees it; `until` is the stored, absolute deadline."""

    kind: HoldKind
    until: str
    reason: str


class Told(StrEnum):
    """What AWS tells of an instance, by an event."""

    LAUNCHED = "launched"
    TERMINATED = "terminated"


class StopKind(StrEnum):
    """Who sends a rollout back: a guard or failure, or a person or caller."""

    BREACH = "breach"
    ABORT = "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The first reason to go back; latched, never replaced. `at` is the signal's own time."""

    kind: StopKind
    at: str
    actor: str
    reason: str
    evidence: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Why it ended as it did."""

    reason: str
    evidence: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """A rollback's three instants: signal raised, first restoring write accepted, traffic seen restored."""

    detected_at: str | None = None
    acted_at: str | None = None
    restored_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Shares of traffic in percent; they sum to 100."""

    stable: int = 100
    candidate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asked for the rollout, and why."""

    caller: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Everything that is remembered of one rollout. The table is the truth; `revision` guards each write.

    `snapshot` is what was there before the first write, `expected` what was last written or seen. `heard`
    counts the signals that are in the timeline, `published` the entries that are on the bus, `turns` the
    tasks of this generation. `waits_since` is when `waits_for` was first seen. `busy_until` is set
    while a step of `busy_generation` may write: a later generation trusts no restore before it.
    """

    rollout_id: str
    service: str
    spec: ServiceSpec
    version: str
    previous_version: str
    layout: Layout
    requested_by: Requester
    created_at: datetime
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    phase: Phase = Phase.PENDING
    generation: int = 1
    revision: int = 0
    step: int = 0
    step_began_at: datetime | None = None
    waits_for: str = ""
    waits_since: datetime | None = None
    hold: Hold | None = None
    snapshot: Estate | None = None
    expected: Estate | None = None
    alarms: tuple[Alarm, ...] = ()
    touched: bool = False
    past_return: bool = False
    rebuilding: bool = False
    busy_until: datetime | None = None
    busy_generation: int = 0
    wanted: Split = field(default_factory=Split)
    actual: Split = field(default_factory=Split)
    stop: Stop | None = None
    outcome: Outcome | None = None
    clocks: Clocks = field(default_factory=Clocks)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    head: Head = field(default_factory=Head)
    published: int = 0
    heard: int = 0
    turns: int = 0
    schema: int = SCHEMA

    @property
    def current_step(self) -> Step | None:
        """The step that the rollout is at; None before the first and after the last."""
        return self.steps[self.step] if 0 <= self.step < len(self.steps) else None
