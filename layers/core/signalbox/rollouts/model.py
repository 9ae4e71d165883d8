"""The words of a rollout: phases, steps, holds, stops, and how it ended."""

from dataclasses import dataclass, field
from enum import StrEnum

from signalbox.kernel.events import JsonObject


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
    ANALYSE = "analyse"
    PAUSE = "pause"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One end state of a plan. `percent`, `count`, `seconds` and the size of a batch, in percent or
    instances, are set where the kind has them."""

    index: int
    kind: StepKind
    name: str
    percent: int | None = None
    count: int | None = None
    batch: int | None = None
    batch_count: int | None = None
    seconds: int | None = None


class HoldKind(StrEnum):
    """What a hold waits for."""

    SETTLING = "settling"
    BAKE = "bake"
    ANALYSIS = "analysis"
    PAUSE = "pause"
    APPROVAL = "approval"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A wait as a person sees it; `until` is the stored, absolute deadline."""

    kind: HoldKind
    until: str
    reason: str


class Verdict(StrEnum):
    """What an experiment has found; `promoted`: a person did not wait for it."""

    UNDECIDED = "undecided"
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference"
    MISMATCH = "mismatch"
    PROMOTED = "promoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One side: trials and their rate of success in percent, or samples and their mean."""

    samples: int = 0
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An experiment as last looked at. Samples count from `began_at`; it ends at `until`, or has `ended_at`.

    `difference` is candidate minus stable, in percentage points or the metric's unit; the true one is between
    `low` and `high`, with a probability of 95 % at all looks together. They are None before anything can be
    said of it.
    """

    step: int
    began_at: str
    until: str
    looked_at: str
    stable: Figure = field(default_factory=Figure)
    candidate: Figure = field(default_factory=Figure)
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: Verdict = Verdict.UNDECIDED
    reason: str = ""
    ended_at: str | None = None


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
class Propagation:
    """DNS weights on their way to Route 53's servers. `changes` are its ids, none while it is not known
    whether it took them; `in_sync_at` is when all servers were seen to have them."""

    changes: tuple[str, ...] = ()
    in_sync_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Shares of traffic in percent; they sum to 100."""

    stable: int = 100
    candidate: int = 0
