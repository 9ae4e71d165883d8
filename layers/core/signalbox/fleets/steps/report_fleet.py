"""Say what became of the run: counts, names, what was saved; then it is over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from signalbox.fleets.decisions.lots import count, given_up
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run, RunPhase
from signalbox.fleets.steps.lots import Stage
from signalbox.fleets.steps.turn import ENGINE, PowerCommand, publish, still_ours, take_turn, tell
from signalbox.kernel.events import Event, JsonObject

MOST_NAMED = 20  # resources that an event names; the run names all
ENDED = {
    (Action.START, RunPhase.SUCCEEDED): "Fleet Started",
    (Action.STOP, RunPhase.SUCCEEDED): "Fleet Stopped",
    (Action.START, RunPhase.INCOMPLETE): "Fleet Start Incomplete",
    (Action.STOP, RunPhase.INCOMPLETE): "Fleet Stop Incomplete",
}
HOUR = 3600.0  # seconds


def report_fleet(command: PowerCommand, ports: FleetPorts) -> Progress:
    """The end of a run. Who comes again after it tells what could not be told."""
    run = take_turn(command, ports)
    if run is None:
        publish(command.fleet, ports.fleets.standing(command.fleet), ports)
        return Progress(next=State.DONE)
    stage = Stage.of(run, ports)
    for lot in list(stage.lots.values()):
        if not lot.is_settled:  # only after a failure: nobody goes on with it
            stage.change(given_up(lot, run.action))
    stage.keep(ports)
    lots = [stage.lots[number] for number in sorted(stage.lots)]
    counts = count(lots)
    now = ports.clock()
    failure = (command.failure or "")[:1000]
    whole = not counts["failed"] and not failure
    run = replace(
        run,
        revision=run.revision + 1,
        counts=counts,
        failure=failure,
        phase=RunPhase.SUCCEEDED if whole else RunPhase.INCOMPLETE,
        ended_at=now,
        saved=_saved(run, lots, now, ports),
    )
    standing = still_ours(run, ports)
    stopped = run.action is Action.STOP and not run.only
    standing = replace(standing, run_id=None, stopped_by=run.run_id if stopped else standing.stopped_by)
    tell(run.fleet, standing, [_ended(run, lots, now)], ports, run)
    return Progress(next=State.DONE)


def _ended(run: Run, lots: Sequence[Lot], now: datetime) -> Event:
    failed = {reason: ids[:MOST_NAMED] for lot in lots for reason, ids in lot.failed.items()}
    data: JsonObject = {"run_id": run.run_id, "action": run.action, "cause": run.cause, **run.counts}
    if failed:
        data["failures"] = {reason: list(ids) for reason, ids in list(failed.items())[:MOST_NAMED]}
    if run.saved:
        data["saved_hours"] = dict(run.saved)
    reason = run.failure or f"{run.counts['reached']} {run.action.power}, {run.counts['failed']} failed"
    return Event(type=ENDED[run.action, run.phase], at=now, actor=ENGINE, reason=reason, data=data)


def _saved(run: Run, lots: Sequence[Lot], now: datetime, ports: FleetPorts) -> Mapping[str, float]:
    """Hours that each unit stood still until this start, since the run that stopped it."""
    standing = ports.fleets.standing(run.fleet)
    if run.action is not Action.START or standing.stopped_by is None:
        return {}
    before = ports.runs.get(run.fleet, standing.stopped_by)
    hours = (now - (before.ended_at or now)).total_seconds() / HOUR
    stood = {lot.key_of(id_) for lot in ports.runs.lots(before.run_id) for id_ in lot.reached}
    units: Counter[str] = Counter()
    for lot in lots:
        reached = set(lot.reached)
        for unit, ids in lot.units.items():
            units[unit] += sum(1 for id_ in ids if id_ in reached and lot.key_of(id_) in stood)
    return {unit: round(number * hours, 2) for unit, number in sorted(units.items()) if number}
