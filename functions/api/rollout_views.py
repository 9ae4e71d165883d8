"""Rollouts as callers read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from estate_views import Capacity, GuardView, capacity_view, guard_views
from plan_views import StepView, step_view
from signalbox.kernel.clock import rfc3339
from signalbox.rollouts.estate import Alarm, Estate
from signalbox.rollouts.model import Analysis, Clocks, Hold, HoldKind, Outcome, Phase, Split
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.turn import hold_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An accepted rollout, with what is to be warned of."""

    rollout_id: str
    phase: Phase
    warnings: tuple[str, ...] = ()  # answers remembered from before have none


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
