"""The record of one rollout."""

from dataclasses import dataclass, field
from datetime import datetime

from signalbox.kernel.timeline import Head
from signalbox.rollouts.estate import Alarm, Estate, Layout
from signalbox.rollouts.model import Analysis, Clocks, Hold, Outcome, Phase, Propagation, Split, Step, Stop
from signalbox.rollouts.service import ServiceSpec

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asked for the rollout, and why."""

    caller: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Everything that is remembered of one rollout. The table is the truth; `revision` guards each write.

    `fast`: of its strategy's steps only those that act. `returning`: the way back has looked at what is
    there. `undo`: it brings back what served before, so that no alarm guards it that is red when it begins.
    `first`: the instances that a first rollout launches, 0 when something serves. `snapshot` is what was
    there before the first write, `expected` what was last written or seen. `heard` counts the signals in the
    timeline, `published` the entries that are known to be on the bus, `saved_by` names the task that saved
    last, `turns` counts those of this generation. `waits_since` is when `waits_for` was first seen.
    `busy_until` is set while a step of `busy_generation` writes; `lost_until` is when the last one that was
    given up meanwhile must have ended: no restore is trusted before. `room` is the greatest maximum that the
    way back gave the stable group. `propagation` is the last change of DNS weights, None before the first.
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
    fast: bool = False
    undo: bool = False
    returning: bool = False
    first: int = 0
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
    lost_until: datetime | None = None
    room: int = 0
    propagation: Propagation | None = None
    wanted: Split = field(default_factory=Split)
    actual: Split = field(default_factory=Split)
    analysis: Analysis | None = None
    stop: Stop | None = None
    outcome: Outcome | None = None
    clocks: Clocks = field(default_factory=Clocks)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    head: Head = field(default_factory=Head)
    published: int = 0
    saved_by: str = ""
    heard: int = 0
    turns: int = 0
    schema: int = SCHEMA

    @property
    def current_step(self) -> Step | None:
        """The step that the rollout is at; None before the first and after the last."""
        return self.steps[self.step] if 0 <= self.step < len(self.steps) else None


def held_by(resource: str, owner: tuple[str, str]) -> str:
    """Who is in the way of another rollout, in words: (service, rollout id)."""
    return f"{resource} is held by rollout {owner[1]} of {owner[0]}"
