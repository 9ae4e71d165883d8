"""What callers read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from estate_views import Capacity, GuardView, capacity_view, guard_views
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.durations import format_duration
from signalbox.kernel.events import JsonObject
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.commands.plan_rollout import Plan
from signalbox.rollouts.estate import Alarm, Estate
from signalbox.rollouts.estimate import Estimate
from signalbox.rollouts.model import Analysis, Clocks, Hold, HoldKind, Outcome, Phase, Split, Step, StepKind
from signalbox.rollouts.plan import PlannedWrite
from signalbox.rollouts.ports import Registered
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import Facts, Guards, Platform, RollbackWindow, ServiceSpec, Strategy, Traffic
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.turn import hold_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A registration, with what preflight warns of."""

    name: str
    owner: str
    platform: Platform
    traffic: Traffic
    strategy: Strategy
    guards: Guards
    concurrency: str
    facts: Facts
    rollback_window: RollbackWindow
    created_at: str
    updated_at: str
    updated_by: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceList:
    """A page, newest first; without a cursor it is the last."""

    items: tuple[ServiceView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step of a plan; `percent`, `count`, `batch` and `seconds` where the kind has them."""

    index: int
    kind: StepKind
    name: str
    percent: int | None
    count: int | None
    batch: int | None
    batch_count: int | None
    seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteView:
    """One AWS write that a plan will make; `{…}` are ids that are born later."""

    step: int
    service: str
    operation: str
    resource: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateView:
    """`duration` in whole minutes, pauses apart; at least `lowest_healthy` instances of `size`
    serve at any moment."""

    duration: str
    lowest_healthy: int
    size: int
    extra_instance_hours: float
    downtime: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsuitableView:
    """A preset that does not suit the service, and why."""

    preset: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What a rollout would do."""

    steps: tuple[StepView, ...]
    writes: tuple[WriteView, ...]
    creates: tuple[str, ...]
    replaces: tuple[str, ...]
    switches: tuple[str, ...]
    removes: tuple[str, ...]
    estimate: EstimateView
    unsuitable: tuple[UnsuitableView, ...]
    safest: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An accepted rollout."""

    rollout_id: str
    phase: Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Percent of traffic by side: as the plan wants it, and as last read back."""

    wanted: Split
    actual: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutView:
    """One rollout. `capacity` is told of an open one when it was asked for with `health=true`."""

    rollout_id: str
    service: str
    version: str
    previous_version: str
    phase: Phase
    hold: Hold | None
    step: StepView | None
    steps: tuple[StepView, ...]
    shares: Shares
    analysis: Analysis | None
    capacity: Capacity | None
    guards: tuple[GuardView, ...]
    warnings: tuple[str, ...]
    requested_by: str
    reason: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    outcome: Outcome | None
    clocks: Clocks
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutList:
    """A page, newest first; without a cursor it is the last."""

    items: tuple[RolloutView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One entry of a timeline."""

    sequence: int
    at: str
    type: str
    actor: str
    reason: str
    data: JsonObject
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """A page, oldest first; without a cursor it is the last."""

    events: tuple[EventView, ...]
    cursor: str | None


def service_view(service: Registered) -> ServiceView:
    """A registration as read."""
    spec: ServiceSpec = service.spec
    return ServiceView(
        name=spec.name,
        owner=spec.owner,
        platform=spec.platform,
        traffic=spec.traffic,
        strategy=spec.strategy,
        guards=spec.guards,
        concurrency=spec.concurrency,
        facts=spec.facts,
        rollback_window=spec.rollback_window,
        created_at=service.created_at,
        updated_at=service.updated_at,
        updated_by=service.updated_by,
        warnings=service.warnings,
    )


def step_view(step: Step) -> StepView:
    """A step as read."""
    return StepView(
        index=step.index,
        kind=step.kind,
        name=step.name,
        percent=step.percent,
        count=step.count,
        batch=step.batch,
        batch_count=step.batch_count,
        seconds=step.seconds,
    )


def plan_view(plan: Plan) -> PlanView:
    """A plan as read."""
    return PlanView(
        steps=tuple(step_view(step) for step in plan.draft.steps),
        writes=tuple(_write_view(write) for write in plan.writes),
        creates=plan.creates,
        replaces=plan.replaces,
        switches=plan.switches,
        estimate=_estimate_view(plan.estimate),
        unsuitable=tuple(
            UnsuitableView(preset=name, reasons=reasons)
            for name, reasons in plan.draft.suitability.unsuitable.items()
        ),
        safest=plan.draft.suitability.safest,
        removes=plan.removes,
        warnings=plan.warnings,
    )


def _estimate_view(cost: Estimate) -> EstimateView:
    return EstimateView(
        duration=format_duration(timedelta(minutes=ceil(cost.seconds / 60))),
        lowest_healthy=cost.lowest_healthy,
        size=cost.size,
        extra_instance_hours=cost.extra_instance_hours,
        downtime=cost.is_downtime,
    )


def _write_view(planned: PlannedWrite) -> WriteView:
    write = planned.write
    return WriteView(
        step=planned.step,
        service=write.service,
        operation=write.operation,
        resource=write.resource,
        parameters=write.parameters,
    )


def rollout_view(
    rollout: Rollout,
    signals: Signals | None = None,
    alarms: Sequence[Alarm] | None = None,
    estate: Estate | None = None,
) -> RolloutView:
    """A rollout as read. A latched reason to go back shows at once, before the next task writes it down."""
    going_back = signals is not None and signals.stop is not None and not rollout.past_return
    live = rollout.phase in (Phase.PENDING, Phase.RUNNING, Phase.HOLDING)
    step = rollout.current_step
    return RolloutView(
        rollout_id=rollout.rollout_id,
        service=rollout.service,
        version=rollout.version,
        previous_version=rollout.previous_version,
        phase=Phase.ROLLING_BACK if live and going_back else rollout.phase,
        hold=_hold(rollout, signals),
        step=step_view(step) if step is not None and not rollout.phase.is_final else None,
        steps=tuple(step_view(s) for s in rollout.steps),
        shares=Shares(wanted=rollout.wanted, actual=rollout.actual),
        analysis=rollout.analysis,
        capacity=capacity_view(estate) if estate is not None else None,
        guards=guard_views(rollout.spec.guards.alarms, alarms or ()),
        warnings=rollout.warnings,
        requested_by=rollout.requested_by.caller,
        reason=rollout.requested_by.reason,
        created_at=rfc3339(rollout.created_at),
        started_at=_instant(rollout.started_at),
        ended_at=_instant(rollout.ended_at),
        outcome=rollout.outcome,
        clocks=rollout.clocks,
        generation=rollout.generation,
    )


def _hold(rollout: Rollout, signals: Signals | None) -> Hold | None:
    """The wait that a signal can end now: one whose token is stored. In a list, the last one remembered."""
    if signals is None:
        return rollout.hold
    hold = signals.hold if signals.token is not None else None
    over = signals.stop is not None and not rollout.past_return
    if hold is None or (over and hold.kind is not HoldKind.SETTLING):
        return None
    return hold_of(hold)


def _instant(instant: datetime | None) -> str | None:
    return rfc3339(instant) if instant is not None else None


def timeline_view(entries: Sequence[Entry], limit: int) -> TimelineView:
    """A page of a timeline as read."""
    events = tuple(
        EventView(
            sequence=entry.sequence,
            at=entry.at,
            type=entry.type,
            actor=entry.actor,
            reason=entry.reason,
            data=entry.data,
            previous_hash=entry.previous_hash,
            hash=entry.hash,
        )
        for entry in entries
    )
    return TimelineView(events=events, cursor=str(events[-1].sequence) if len(events) == limit else None)
