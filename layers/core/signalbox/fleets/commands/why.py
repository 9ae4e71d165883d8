"""Why something runs or stands still, from the record."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from signalbox.fleets.commands.meaning import meant
from signalbox.fleets.commands.timing import timed
from signalbox.fleets.decisions.due import live
from signalbox.fleets.decisions.mentions import Seen, mentions
from signalbox.fleets.decisions.outcomes import outcomes
from signalbox.fleets.model import Override, Power, Transition
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Standing
from signalbox.fleets.schedule.overrides import following_with
from signalbox.fleets.steps.lots import run_with_lots

MOST_ENTRIES = 300  # of the timeline, the newest: an hour in which something is brought back writes two
MOST_RUNS = 20  # that are looked through


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
    """What the fleet is meant to be and why, what was last done with the resource, what others have done
    since, and what comes next."""

    fleet: str
    resource: str
    power: Power
    reason: str
    override: Override | None
    last: Last | None
    seen: Seen | None
    coming: Transition | None


def why(name: str, resource: str, ports: FleetPorts) -> Answer:
    """Raises NotFound when there is no such fleet; a resource that no run has met has no last action."""
    fleet, standing = ports.fleets.known(name)
    now = ports.clock()
    schedule = timed(fleet.spec, ports)
    override = live(standing.override, now)
    wanted = meant(name, standing, schedule, ports)
    last, seen = _recorded(name, standing, resource, ports)
    return Answer(
        fleet=name,
        resource=resource,
        power=wanted.power,
        reason=wanted.reason,
        override=override,
        last=last,
        seen=seen,
        coming=following_with(schedule, override, now),
    )


def _recorded(
    name: str, standing: Standing, resource: str, ports: FleetPorts
) -> tuple[Last | None, Seen | None]:
    """The last run that met it, and what others did since then. What the newest entries do not tell
    of any more is that by which the whole fleet was told what to be."""
    entries = ports.fleets.timeline(name, max(0, standing.head.sequence - MOST_ENTRIES), MOST_ENTRIES)
    found = list(mentions(entries, resource))
    runs = [each for each in found if isinstance(each, str)][:MOST_RUNS]
    if standing.told_by is not None and standing.told_by not in runs:
        runs.append(standing.told_by)
    last = next((met for run_id in runs if (met := _met(name, run_id, resource, ports))), None)
    since = takewhile(lambda each: last is None or each != last.run_id, found)
    return last, next((each for each in since if isinstance(each, Seen)), None)


def _met(name: str, run_id: str, resource: str, ports: FleetPorts) -> Last | None:
    run, lots = run_with_lots(name, run_id, ports)
    for lot in lots:
        for id_, outcome, reason in outcomes(lot, run):
            if id_ == resource:
                return Last(
                    run_id=run.run_id,
                    action=run.action,
                    outcome=outcome,
                    reason=reason or run.reason,
                    by=run.by,
                    at=run.ended_at or run.created_at,
                )
    return None
