"""Why something runs or stands still, from the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from signalbox.fleets.commands.meaning import MOST_RUNS, meant
from signalbox.fleets.commands.timing import timed
from signalbox.fleets.decisions.due import live
from signalbox.fleets.decisions.outcomes import outcomes
from signalbox.fleets.model import Override, Power, Transition
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Run
from signalbox.fleets.schedule.overrides import following_with
from signalbox.fleets.steps.lots import run_with_lots


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What the last run that met the resource did with it: the outcome is reached, waiting, asked, busy,
    skipped or failed."""

    run_id: str
    action: str
    outcome: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the fleet is meant to be and why, what was last done with the resource, and what comes next."""

    fleet: str
    resource: str
    power: Power
    reason: str
    override: Override | None
    last: Last | None
    coming: Transition | None


def why(name: str, resource: str, ports: FleetPorts) -> Answer:
    """Raises NotFound when there is no such fleet; a resource that no run has met has no last action."""
    fleet, standing = ports.fleets.known(name)
    now = ports.clock()
    schedule = timed(fleet.spec, ports)
    override = live(standing.override, now)
    wanted = meant(name, standing, schedule, ports)
    runs, _ = ports.runs.list(name, MOST_RUNS, None)
    return Answer(
        fleet=name,
        resource=resource,
        power=wanted.power,
        reason=wanted.reason,
        override=override,
        last=_last(runs, resource, ports),
        coming=following_with(schedule, override, now),
    )


def _last(runs: Sequence[Run], resource: str, ports: FleetPorts) -> Last | None:
    for run in runs:
        for lot in run_with_lots(run.fleet, run.run_id, ports)[1]:
            for id_, outcome, reason in outcomes(lot):
                if id_ == resource:
                    return Last(
                        run_id=run.run_id,
                        action=run.action,
                        outcome=outcome,
                        reason=reason or run.reason,
                        by=run.by,
                        at=_moment(run),
                    )
    return None


def _moment(run: Run) -> datetime:
    return run.ended_at or run.created_at
