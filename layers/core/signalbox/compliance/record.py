"""What is remembered of a finding, of what was done about it, and of what people have decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signalbox.compliance.model import Configuration, Mode, Resource, Write
from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.timeline import Head


class State(StrEnum):
    """Where a finding is. `gone`: the resource is, or the rule does not apply to it any more; `excepted` and
    `flapping` have an exception that ends; `failed` was tried, and what was changed has been undone."""

    OPEN = "open"
    WAITING = "waiting"
    REMEDIATING = "remediating"
    REMEDIATED = "remediated"
    EXCEPTED = "excepted"
    FLAPPING = "flapping"
    FAILED = "failed"
    GONE = "gone"

    @property
    def is_closed(self) -> bool:
        """Whether nothing is wrong any more."""
        return self in (State.REMEDIATED, State.GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who agreed to which writes: others need another approval."""

    by: str
    at: datetime
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The stage that a fix, or its undo, has reached, since when, and the writes of it that are recorded;
    `answered_at` is when AWS last answered there, to reads and to writes. While it did not, no time went by:
    `at` is moved on by that."""

    stage: str
    at: datetime
    writes: tuple[Write, ...]
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest:
    """Who wants a proven fix undone and why, and how long the resource is left alone then. `began_at` and
    `writes` are stored before the first write."""

    by: str
    reason: str
    until: datetime
    began_at: datetime | None = None
    writes: tuple[Write, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """One attempt to put it right. `proposal` is what would be written; `tokens` and `until` belong to the
    wait for an approval. `before` and `writes` are stored before the first write, `reached` before the writes
    of each stage, `stopped` when nobody may begin to write the fix any more, `undoing` before the first write
    of an undo, `rested` when all that is left is to prove it; `after` is what was seen at the end. `queued`:
    others are tried first; `turn_at` is when it may begin then, `watched` that it was proven, and is looked
    at once more before others follow. `undo`: it was proven, and somebody wants it undone all the same."""

    requested_by: str = ""
    proposal: tuple[Write, ...] = ()
    tokens: tuple[str, ...] = ()
    until: datetime | None = None
    approval: Approval | None = None
    before: Configuration | None = None
    writes: tuple[Write, ...] = ()
    acted_at: datetime | None = None
    reached: Reached | None = None
    rounds: int = 0
    stopped: bool = False
    undoing: bool = False
    rested: bool = False
    failure: str = ""
    after: Configuration | None = None
    queued: bool = False
    turn_at: datetime | None = None
    watched: bool = False
    undo: UndoRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule and one resource that is, or was, not as the rule says; it opens again when it is found again.

    `result_at` is the time of the latest result of AWS Config, or of the end of an undo: older results are
    ignored; `annotation` is what Config remarked with it. `detected_at` is when it was found to be wrong, or
    when somebody had it undone. `noticed` are the times within the last hour at
    which it was found to be wrong, `failed` those at which a fix of it has failed. `under_way`: an execution
    of the machine, that of the `generation`, has it in its hands. `exception` is what keeps it from being
    fixed, as that was decided at `excepted_at`. `name` is what people call the resource and `owner` its tag
    of that name, once it has been looked at.
    """

    id: str
    rule: str
    resource: Resource
    mode: Mode
    created_at: datetime
    detected_at: datetime
    result_at: datetime
    state: State = State.OPEN
    reason: str = ""
    name: str = ""
    owner: str = ""
    closed_at: datetime | None = None
    annotation: str = ""
    noticed: tuple[datetime, ...] = ()
    failed: tuple[datetime, ...] = ()
    exception: str | None = None
    excepted_at: datetime | None = None
    generation: int = 1
    under_way: bool = False
    remediation: Remediation = field(default_factory=Remediation)
    revision: int = 0
    head: Head = field(default_factory=Head)
    published: int = 0

    @property
    def is_proven(self) -> bool:
        """Whether Signalbox has put it right: what others did since, or what was undone, is no fix of it."""
        attempt = self.remediation
        is_fixed = attempt.after is not None and not attempt.stopped and attempt.undo is None
        return self.state is State.REMEDIATED and is_fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Excepted:
    """An exception as somebody has said it last: one version of it. `is_breaker`: Signalbox made it itself,
    because something keeps coming back. `is_deleted`: its `until` is when it was over, and its reason why
    somebody has ended it."""

    spec: ExceptionSpec
    until: datetime
    created_at: datetime
    updated_at: datetime
    updated_by: str
    is_breaker: bool = False
    version: int = 1
    is_deleted: bool = False

    @property
    def id(self) -> str:
        """What its versions are kept by."""
        return self.spec.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How resources of a type are meant to be, from `at` on: one version, with who says so and why. `like` is
    the resource that its values were taken from; `is_ended` when nothing is expected any more."""

    resource_type: str
    version: int
    expected: Mapping[str, object]
    reason: str
    at: datetime
    by: str
    like: str | None = None
    is_ended: bool = False

    @property
    def id(self) -> str:
        """What its versions are kept by."""
        return self.resource_type
