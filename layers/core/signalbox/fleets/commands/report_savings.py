"""What a fleet saved between two moments: the hours that its resources stood still, and what they cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from signalbox.fleets.decisions.mentions import BY_OTHERS
from signalbox.fleets.decisions.savings import Ledger, Saved, Stray
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Run, RunPhase
from signalbox.fleets.steps.lots import run_with_lots
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Invalid, Violation

LONGEST = timedelta(days=92)  # a quarter
USUAL = timedelta(days=30)
PAGE = 500  # runs, and entries of the timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """What stood still between two moments. `prices` are those of the fleet, per hour, by unit."""

    fleet: str
    begin: datetime
    end: datetime
    saved: tuple[Saved, ...]
    prices: Mapping[str, float]


def report_savings(name: str, begin: datetime | None, end: datetime | None, ports: FleetPorts) -> Savings:
    """From `begin` (thirty days earlier) to `end` (now, and never later). Raises NotFound and Invalid."""
    fleet = ports.fleets.get(name)
    end = min(end or ports.clock(), ports.clock())
    begin = begin or end - USUAL
    if not begin < end:
        raise Invalid(Violation("from", "give a moment that is past, and before `until`"))
    if end - begin > LONGEST:
        raise Invalid(Violation("from", f"give a moment at most {LONGEST.days} days before `until`"))
    runs = _runs(name, begin, end, ports)
    strays = _strays(name, runs[0].created_at, ports) if runs else ()
    record: list[Run | Stray] = [*runs, *strays]
    record.sort(key=_moment)
    ledger = Ledger(begin=begin, end=end, lots_of=lambda run: run_with_lots(name, run.run_id, ports)[1])
    return Savings(
        fleet=name, begin=begin, end=end, saved=tuple(ledger.read(record)), prices=fleet.spec.prices or {}
    )


def _moment(entry: Run | Stray) -> datetime:
    return entry.at if isinstance(entry, Stray) else entry.created_at


def _runs(name: str, begin: datetime, end: datetime, ports: FleetPorts) -> Sequence[Run]:
    """The oldest first: from the last run before `begin` that started the whole fleet to the first one after
    `end`, which finds what had been started meanwhile."""
    found: list[Run] = []
    cursor: str | None = None
    while True:
        page, cursor = ports.runs.list(name, PAGE, cursor)
        for run in page:
            if run.created_at >= end and _started_all(run):
                found.clear()
            found.append(run)
            if run.created_at < begin and _started_all(run):
                return found[::-1]
        if cursor is None:
            return found[::-1]


def _started_all(run: Run) -> bool:
    whole = not run.only and run.phase in (RunPhase.SUCCEEDED, RunPhase.INCOMPLETE)
    return run.action is Action.START and whole and not run.failure


def _strays(name: str, since: datetime, ports: FleetPorts) -> Iterator[Stray]:
    """What was told to have been started by others since then; the timeline is read from its end."""
    last = ports.fleets.standing(name).head.sequence
    while True:
        first = max(0, last - PAGE)
        page = ports.fleets.timeline(name, first, last - first)
        for entry in page:
            if entry.type == BY_OTHERS[Power.RUNNING]:
                kind = Kind(str(entry.data["kind"]))
                yield Stray(at=from_rfc3339(entry.at), kind=kind, id=str(entry.data["resource"]))
        if not first or from_rfc3339(page[0].at) < since:
            return
        last = first
