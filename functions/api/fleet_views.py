"""Fleets as callers read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from signalbox.fleets.commands.describe_fleet import Described
from signalbox.fleets.commands.why import Answer
from signalbox.fleets.decisions.outcomes import outcomes
from signalbox.fleets.model import Action, Kind, Override, Power, Transition
from signalbox.fleets.record import Lot, Run, RunPhase
from signalbox.fleets.spec import Mode, Period, Select
from signalbox.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionView:
    """A moment from which the fleet is meant to run or to stand still, and why."""

    at: str
    action: Action
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """Oldest first."""

    items: tuple[TransitionView, ...]


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
    """A registration, what the fleet is meant to be now, and what comes next. `run_id`: the run under way."""

    name: str
    owner: str
    zone: str
    mode: Mode
    select: Select
    schedule: tuple[Period, ...]
    holidays: tuple[str, ...]
    calendar: str | None
    order: tuple[tuple[Kind, ...], ...]
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
class RunStarted:
    """An accepted start or stop."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """One resource of a run: outcome `waiting`, `asked`, `busy`, `reached`, `skipped` or `failed`, and
    why."""

    id: str
    kind: Kind
    region: str
    account: str
    action: Action
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One time that a fleet was started or stopped. `saved` are the hours that stood still, by unit;
    `savings` what that is in money, by the fleet's own prices, where it has them."""

    run_id: str
    fleet: str
    phase: RunPhase
    action: Action
    cause: str
    reason: str
    by: str
    created_at: str
    ended_at: str | None
    counts: Mapping[str, int]
    saved: Mapping[str, float]
    savings: float | None
    failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(RunSummary):
    """With every resource."""

    resources: tuple[ResourceView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunList:
    """A page, newest first; without a cursor it is the last."""

    items: tuple[RunSummary, ...]
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
class WhyView:
    """Why the resource is as it is, from the record."""

    fleet: str
    resource: str
    state: Power
    reason: str
    override: OverrideView | None
    last: LastView | None
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


def forecast_view(found: Iterable[Transition]) -> ForecastView:
    """Transitions as read."""
    return ForecastView(items=tuple(_at(one) for one in found))


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


def _moment(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None


def _facts(run: Run) -> dict[str, object]:
    prices = run.spec.prices
    money = sum(hours * prices.get(unit, 0.0) for unit, hours in run.saved.items()) if prices else None
    return {
        "run_id": run.run_id,
        "fleet": run.fleet,
        "phase": run.phase,
        "action": run.action,
        "cause": run.cause,
        "reason": run.reason,
        "by": run.by,
        "created_at": rfc3339(run.created_at),
        "ended_at": _moment(run.ended_at),
        "counts": run.counts,
        "saved": run.saved,
        "savings": round(money, 2) if money is not None else None,
        "failure": run.failure,
    }


def run_summary(run: Run) -> RunSummary:
    """A run as listed."""
    return RunSummary(**_facts(run))  # type: ignore[arg-type]


def run_view(run: Run, lots: Iterable[Lot]) -> RunView:
    """A run as read, resource by resource."""
    found = tuple(view for lot in lots for view in _resources(run, lot))
    return RunView(**_facts(run), resources=found)  # type: ignore[arg-type]


def _resources(run: Run, lot: Lot) -> Iterable[ResourceView]:
    for id_, outcome, reason in outcomes(lot):
        yield ResourceView(
            id=id_,
            kind=lot.kind,
            region=lot.place.region,
            account=lot.place.account,
            action=run.action,
            outcome=outcome,
            reason=reason,
        )


def why_view(answer: Answer) -> WhyView:
    """An answer as read."""
    last = answer.last
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
        next=_transition(answer.coming),
    )
