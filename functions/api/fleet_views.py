"""Fleets as callers read them."""

from collections.abc import Mapping
from dataclasses import dataclass

from signalbox.fleets.commands.describe_fleet import Described, Foretold
from signalbox.fleets.commands.why import Answer
from signalbox.fleets.decisions.order import Order, order_of
from signalbox.fleets.model import Action, Override, Power, Transition
from signalbox.fleets.spec import FleetSpec, Mode, Period, Select
from signalbox.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionView:
    """A moment from which the fleet is meant to run or to stand still, and why."""

    at: str
    action: Action
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """Oldest first. Each start goes through the kinds in that order, one after the other, and each stop the
    other way round. `next_from`: until when this page goes, of a longer range; ask for the rest `from`
    there. `warnings` say what nobody knows of this time."""

    items: tuple[TransitionView, ...]
    next_from: str | None
    warnings: tuple[str, ...]
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideView:
    """What somebody wants instead of the schedule, until when, and why."""

    state: Power
    since: str
    until: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NowView:
    """What the fleet is meant to be, and why."""

    state: Power
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetView:
    """A registration, what the fleet is meant to be now, and what comes next. `run_id`: the run under way.
    `starts_in_order`: what follows from `order` for all its kinds; they stop the other way round."""

    name: str
    owner: str
    zone: str
    mode: Mode
    select: Select
    schedule: tuple[Period, ...]
    holidays: tuple[str, ...]
    calendar: str | None
    order: Order
    starts_in_order: Order
    retain: bool
    spread: str | None
    deadline: str
    alternates: Mapping[str, tuple[str, ...]] | None
    prices: Mapping[str, float] | None
    now: NowView
    next: TransitionView | None
    override: OverrideView | None
    run_id: str | None
    created_at: str
    updated_at: str
    updated_by: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetList:
    """A page, newest first; without a cursor it is the last."""

    items: tuple[FleetView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastView:
    """What was last done with the resource."""

    run_id: str
    action: str
    outcome: str
    reason: str
    by: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenView:
    """What somebody else was seen to have made of it since, and why that is not as it should be."""

    state: Power
    reason: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    """Why the resource is as it is, from the record."""

    fleet: str
    resource: str
    state: Power
    reason: str
    override: OverrideView | None
    last: LastView | None
    seen: SeenView | None
    next: TransitionView | None


def fleet_view(described: Described) -> FleetView:
    """A fleet as read."""
    spec = described.fleet.spec
    return FleetView(
        name=spec.name,
        owner=spec.owner,
        zone=spec.zone,
        mode=spec.mode,
        select=spec.select,
        schedule=spec.schedule,
        holidays=spec.holidays,
        calendar=spec.calendar,
        order=spec.order,
        starts_in_order=order_of(spec),
        retain=spec.retain,
        spread=spec.spread,
        deadline=spec.deadline,
        alternates=spec.alternates,
        prices=spec.prices,
        now=NowView(state=described.power, reason=described.reason),
        next=_transition(described.coming),
        override=_override(described.override),
        run_id=described.run_id,
        created_at=described.fleet.created_at,
        updated_at=described.fleet.updated_at,
        updated_by=described.fleet.updated_by,
        warnings=described.warnings,
    )


def forecast_view(spec: FleetSpec, found: Foretold) -> ForecastView:
    """A page of the fleet's transitions as read."""
    return ForecastView(
        items=tuple(_at(one) for one in found.transitions),
        next_from=rfc3339(found.next_from) if found.next_from else None,
        warnings=found.warnings,
        order=order_of(spec),
    )


def _at(one: Transition) -> TransitionView:
    return TransitionView(at=rfc3339(one.at), action=one.action, reason=one.reason)


def _transition(one: Transition | None) -> TransitionView | None:
    return _at(one) if one is not None else None


def _override(one: Override | None) -> OverrideView | None:
    if one is None:
        return None
    return OverrideView(
        state=one.power, since=rfc3339(one.since), until=rfc3339(one.until), reason=one.reason, by=one.by
    )


def why_view(answer: Answer) -> WhyView:
    """An answer as read."""
    last, seen = answer.last, answer.seen
    return WhyView(
        fleet=answer.fleet,
        resource=answer.resource,
        state=answer.power,
        reason=answer.reason,
        override=_override(answer.override),
        last=LastView(
            run_id=last.run_id,
            action=last.action,
            outcome=last.outcome,
            reason=last.reason,
            by=last.by,
            at=rfc3339(last.at),
        )
        if last
        else None,
        seen=SeenView(state=seen.power, reason=seen.reason, at=rfc3339(seen.at)) if seen else None,
        next=_transition(answer.coming),
    )
