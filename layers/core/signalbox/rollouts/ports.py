"""What rollouts need of the world. Each has an adapter under `aws/` and a fake in the tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from signalbox.kernel.clock import Clock
from signalbox.kernel.ids import Entropy
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.estate import Alarm, Carried, Estate, Layout, Rule
from signalbox.rollouts.model import Stop, Told
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.signals import Heard, Signals
from signalbox.rollouts.writes import Write

if TYPE_CHECKING:
    # Only commands look at a survey, only one task at metrics: the alarm path loads neither.
    from signalbox.rollouts.experiments import Query, Series
    from signalbox.rollouts.survey import Standing, Survey


class Estates(Protocol):
    """Reads AWS. Raises Transient when it cannot tell."""

    def survey(self, spec: ServiceSpec, version: str | None) -> "Survey": ...
    def standing(self, spec: ServiceSpec) -> "Standing": ...
    def observe(self, layout: Layout, rollout_id: str) -> Estate: ...
    def carried(self, group: str) -> Carried: ...
    def unnamed(self, layout: Layout, estate: Estate) -> tuple[Rule, ...]: ...
    def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]: ...
    def is_in_sync(self, change: str) -> bool: ...


class Metrics(Protocol):
    """Reads CloudWatch metrics, one answer for each query. Raises Transient when it cannot tell."""

    def read(
        self, queries: "Sequence[Query]", since: datetime, until: datetime, period: int
    ) -> "tuple[Series, ...]": ...


class Writer(Protocol):
    """Makes one write, and answers the id of a change of DNS that is on its way from then on. Raises
    Transient to try again, Rejected when AWS definitely refused. What is to go and is gone, or is to be made
    and is there, counts as written.

    `once`: it is sent once and never again, whatever becomes of the answer. Who takes a rollout forward asks
    for that: a breach may have brought the traffic back meanwhile, and a repetition would move it again.
    """

    def apply(self, write: Write, *, once: bool = False) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A service as stored. `sequence` is the highest that a rollout was accepted with. As it was when it was
    registered: `unsuitable` presets with their reasons, and the `safest` that is left."""

    spec: ServiceSpec
    created_at: str
    updated_at: str
    updated_by: str
    warnings: tuple[str, ...] = ()
    unsuitable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    safest: str | None = None
    sequence: int | None = None


class Services(Protocol):
    """Registrations. `get` and `delete` raise NotFound; `delete` raises Conflict while a rollout is open."""

    def put(self, service: Registered) -> bool: ...
    def get(self, name: str) -> Registered: ...
    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Registered, ...], str | None]: ...
    def delete(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Latch:
    """What a save changes on the signals item: None leaves it.

    `release` clears token and hold. `final` closes the latch to every further stop, and fails with Conflict
    when there is one already.
    """

    release: bool = False
    restoring: tuple[Write, ...] | None = None
    instant: bool | None = None
    generation: int | None = None
    final: bool = False
    looked: Mapping[Told, int] = field(default_factory=dict)


class Rollouts(Protocol):
    """Records, timelines and locks. Every write is conditional; a lost race raises Conflict."""

    def create(
        self, rollout: Rollout, entries: Sequence[Entry], locks: Sequence[str], sequence: int | None
    ) -> None: ...
    def get(self, service: str, rollout_id: str) -> Rollout: ...
    def load(self, service: str, rollout_id: str) -> tuple[Rollout, Signals]: ...
    def save(self, rollout: Rollout, entries: Sequence[Entry], latch: Latch) -> None: ...
    def arm(
        self, rollout: Rollout, entries: Sequence[Entry], alarms: Sequence[str], latch: Latch
    ) -> None: ...
    def close(
        self, rollout: Rollout, entries: Sequence[Entry], alarms: Sequence[str], locks: Sequence[str]
    ) -> None: ...
    def list(
        self, service: str, limit: int, cursor: str | None
    ) -> tuple[tuple[Rollout, ...], str | None]: ...
    def timeline(self, rollout_id: str, after: int, limit: int) -> tuple[Entry, ...]: ...
    def open(self) -> tuple[tuple[str, str], ...]: ...
    def is_open(self, rollout_id: str) -> bool: ...
    def forget_open(self, rollout_id: str) -> None: ...
    def owner(self, resource: str) -> tuple[str, str] | None: ...


class Latches(Protocol):
    """The signals item of a rollout. Answers are the item after the write; None means somebody was first.

    A stop with `since_armed` counts only when its instant is not before the arming of the guards.
    """

    def get(self, rollout_id: str) -> Signals | None: ...
    def hold(self, signals: Signals, token: str, progress: Progress) -> bool: ...
    def stop(
        self, rollout_id: str, stop: Stop, heard: Heard, *, since_armed: bool = False
    ) -> Signals | None: ...
    def hear(
        self, rollout_id: str, heard: Heard, *, pausing: bool | None, full: bool = False
    ) -> Signals | None: ...
    def tell(self, rollout_id: str, told: Told) -> Signals | None: ...
    def acted(self, rollout_id: str, at: str) -> None: ...
    def watchers(self, alarm_arn: str) -> tuple[str, ...]: ...


class Executions(Protocol):
    """The rollout machine. `wake` raises Conflict when the token is dead."""

    def start(self, service: str, rollout_id: str, generation: int) -> None: ...
    def status(self, rollout_id: str, generation: int) -> str | None: ...
    def wake(self, token: str, progress: Progress) -> None: ...


class Bus(Protocol):
    """Publishes timeline entries, at least once."""

    def publish(self, rollout: Rollout, entries: Sequence[Entry]) -> None: ...


class Sweeping(Protocol):
    """The rule that wakes the reconciler each minute."""

    def enable(self) -> None: ...
    def disable(self) -> None: ...


class DeadLetters(Protocol):
    """Events that could not be delivered."""

    def replay(self) -> int: ...


class Gauges(Protocol):
    """Figures that alarms and the dashboard look at."""

    def measure(self, **figures: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All of them, as the composition root made them."""

    estates: Estates
    metrics: Metrics
    writer: Writer
    services: Services
    rollouts: Rollouts
    latches: Latches
    executions: Executions
    bus: Bus
    sweeping: Sweeping
    gauges: Gauges
    clock: Clock
    entropy: Entropy
    region: str
    account: str
