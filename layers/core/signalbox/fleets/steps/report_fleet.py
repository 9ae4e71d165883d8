"""Say what became of the run: counts, names, what was saved; then it is over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from signalbox.fleets.decisions.lots import by_id, count, given_up, reasons_with
from signalbox.fleets.decisions.types import noted, remarks
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Reasons, Run, RunPhase, Standing
from signalbox.fleets.steps.lots import Stage, run_with_lots
from signalbox.fleets.steps.turn import PowerCommand, Told, publish, still_ours, tell
from signalbox.kernel.events import ENGINE, Event, JsonObject

MOST_NAMED = 20  # resources that an event names; the run names all
LONGEST_FAILURE = 1000  # characters
ENDED = {
    "start": "Fleet Started",
    "stop": "Fleet Stopped",
    "incomplete": "Fleet Run Incomplete",
    "observed": "Fleet Observed",
}
HOUR = 3600.0  # seconds
RETRIED_AFTER = timedelta(minutes=10)  # the next sweep after that tries again


def report_fleet(command: PowerCommand, ports: FleetPorts) -> Progress:
    """The end of a run. Who comes again after it tells what could not be told."""
    stage = Stage.taken(command, ports)
    if stage is None:
        publish(command.fleet, Told(ports.fleets.standing(command.fleet)), ports)
        return Progress(next=State.DONE)
    run = stage.run
    for lot in list(stage.lots.values()):
        if not lot.is_settled:  # only after a failure: nobody goes on with it
            stage.change(given_up(lot, (*lot.waiting, *lot.asked, *lot.busy), run.action))
    if stage.changed:
        run = stage.kept(run, ports)
    lots = [stage.lots[number] for number in sorted(stage.lots)]
    standing, now = still_ours(run, ports), ports.clock()
    run = _over(run, lots, command.failure or "", now)
    run = replace(run, saved=_saved(run, lots, standing, ports))
    types = noted(lots, standing.types)
    standing = replace(
        standing,
        run_id=None,
        stopped_by=_stopped_by(run, standing),
        types=types,
        retry_at=now + RETRIED_AFTER if _is_retried(run, lots) else None,
    )
    tell(run.fleet, standing, [_ended(run, lots, now)], ports, [run])
    return Progress(next=State.DONE)


def _over(run: Run, lots: Sequence[Lot], failure: str, now: datetime) -> Run:
    counts = count(lots)
    whole = not counts["failed"] and not failure
    return replace(
        run,
        revision=run.revision + 1,
        counts=counts,
        found=sum(len(lot.found) for lot in lots),
        failure=failure[:LONGEST_FAILURE],
        phase=RunPhase.SUCCEEDED if whole else RunPhase.INCOMPLETE,
        ended_at=now,
    )


def _ended(run: Run, lots: Sequence[Lot], now: datetime) -> Event:
    failed: Reasons = {}
    for lot in lots:
        failed = reasons_with(failed, by_id(lot.failed))
    data: JsonObject = {"run_id": run.run_id, "action": run.action, "cause": run.cause, **run.counts}
    if failed:
        data["failures"] = _named(failed)
    if types := remarks(lots):
        data["types"] = _named(types)
    if run.saved:
        data["saved_hours"] = dict(run.saved)
    told = f"{run.counts['reached']} {run.action.power}, {run.counts['failed']} failed"
    reason = run.failure or (told if any(run.counts.values()) else "nothing is selected")
    return Event(type=ENDED[_ending(run)], at=now, actor=ENGINE, reason=reason, data=data)


def _named(reasons: Reasons) -> JsonObject:
    return {reason: list(ids[:MOST_NAMED]) for reason, ids in list(reasons.items())[:MOST_NAMED]}


def _ending(run: Run) -> str:
    if run.phase is RunPhase.INCOMPLETE:
        return "incomplete"
    return "observed" if run.spec.mode == "observe" else str(run.action)


def _stopped_by(run: Run, standing: Standing) -> str | None:
    """A start ends what a stop has begun. A stop of what stands still already begins nothing."""
    if run.only:
        return standing.stopped_by
    return None if run.action is Action.START else standing.stopped_by or run.run_id


def _is_retried(run: Run, lots: Sequence[Lot]) -> bool:
    """Whether the next sweep tries again: it failed because AWS was down, and nobody is to get up for that.
    Somebody who wants a few resources otherwise asks again himself."""
    is_away = any(lot.unanswered and lot.failed for lot in lots)
    return is_away and not run.only and run.spec.mode != "observe"


def _saved(run: Run, lots: Sequence[Lot], standing: Standing, ports: FleetPorts) -> Mapping[str, float]:
    """Hours that each unit stood still until this start, since the run that stopped it."""
    if run.action is not Action.START or run.only or standing.stopped_by is None:
        return {}
    before, lots_before = run_with_lots(run.fleet, standing.stopped_by, ports)
    hours = (run.created_at - (before.ended_at or run.created_at)).total_seconds() / HOUR
    back = {lot.key_of(id_) for lot in lots for id_ in {*lot.reached} - {*lot.found}}
    units: Counter[str] = Counter()
    for lot in lots_before:
        stood = {id_ for id_ in lot.reached if lot.key_of(id_) in back}
        for unit, ids in lot.units.items():
            # The last of a size is what was wanted: a group counts for all that it had.
            units[unit] += sum(lot.sizes.get(id_, (1,))[-1] for id_ in ids if id_ in stood)
    return {unit: round(number * hours, 2) for unit, number in sorted(units.items()) if number}
