"""Runs of fleets as callers read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from signalbox.fleets.decisions.outcomes import outcomes
from signalbox.fleets.model import Action, Kind
from signalbox.fleets.record import Lot, Run, RunPhase
from signalbox.kernel.clock import rfc3339


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
    for id_, outcome, reason in outcomes(lot, run):
        yield ResourceView(
            id=id_,
            kind=lot.kind,
            region=lot.place.region,
            account=lot.place.account,
            action=run.action,
            outcome=outcome,
            reason=reason,
        )
