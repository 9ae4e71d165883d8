"""Plans, and their steps, as callers read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from signalbox.kernel.durations import format_duration
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.commands.plan_rollout import Plan
from signalbox.rollouts.estimate import Estimate
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.plan import PlannedWrite


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
    extra_load_balancer_hours: float
    downtime: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsuitableView:
    """A preset that does not suit the service, and why."""

    preset: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What a rollout would do. `safest` of the presets that are not `unsuitable`; None when none is left."""

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
        unsuitable=unsuitable_views(plan.draft.suitability.unsuitable),
        safest=plan.draft.suitability.safest,
        removes=plan.removes,
        warnings=plan.warnings,
    )


def unsuitable_views(unsuitable: Mapping[str, tuple[str, ...]]) -> tuple[UnsuitableView, ...]:
    """From presets with their reasons."""
    return tuple(UnsuitableView(preset=name, reasons=reasons) for name, reasons in unsuitable.items())


def _estimate_view(cost: Estimate) -> EstimateView:
    return EstimateView(
        duration=format_duration(timedelta(minutes=ceil(cost.seconds / 60))),
        lowest_healthy=cost.lowest_healthy,
        size=cost.size,
        extra_instance_hours=cost.extra_instance_hours,
        extra_load_balancer_hours=cost.extra_load_balancer_hours,
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
