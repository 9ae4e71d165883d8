"""Ask AWS to start or stop what is due, in the largest batches that it takes, as fast as it allows."""

from dataclasses import replace
from datetime import datetime

from signalbox.fleets.decisions.lots import answered
from signalbox.fleets.decisions.pacing import allowance, spend
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run
from signalbox.fleets.steps.lots import LONGEST_WAIT, Stage, next_stage
from signalbox.fleets.steps.turn import LONGEST_TURN, PowerCommand, kept, still_ours, take_turn
from signalbox.fleets.switches import Target
from signalbox.kernel.errors import Rejected, Transient

FIRST_LOOK = 15  # seconds after AWS has accepted: nothing is there earlier


def switch_power(command: PowerCommand, ports: FleetPorts) -> Progress:
    """Each lot of the stage that is due and still waits. Asking twice for the same changes nothing."""
    run = take_turn(command, ports)
    if run is None:
        return Progress(next=State.DONE)
    stage = Stage.of(run, ports)
    if all(lot.is_settled for lot in stage.here):
        return next_stage(stage, ports)
    began = ports.clock()
    try:
        run, pause = _asked(stage, run, began, ports)
    finally:
        stage.keep(ports)
    kept(run, ports)
    if any(lot.asked for lot in stage.here):
        return Progress(next=State.VERIFY_POWER, seconds=min(FIRST_LOOK, pause) if pause else FIRST_LOOK)
    return Progress(next=State.VERIFY_POWER, seconds=pause)


def _asked(stage: Stage, run: Run, began: datetime, ports: FleetPorts) -> tuple[Run, int]:
    """The run with the tokens that were spent, and in how many seconds more can be asked for."""
    pauses: list[float] = []
    for lot in stage.here:
        due = (run.stage_at or began).timestamp() + lot.after - ports.clock().timestamp()
        if lot.waiting and due > 0:
            pauses.append(due)
            continue
        run, pause = _lot(stage, lot, run, began, ports)
        pauses += [pause] if pause else []
    return run, min(LONGEST_WAIT, round(min(pauses, default=0) + 0.5)) if pauses else 0


def _lot(stage: Stage, lot: Lot, run: Run, began: datetime, ports: FleetPorts) -> tuple[Run, float]:
    switch = ports.switch_of(lot.kind)
    pace, name = switch.pace(run.action), f"{lot.place.account}/{lot.place.region}/{lot.kind}/{run.action}"
    left = list(lot.waiting)
    while left:
        now = ports.clock()
        if (now - began).total_seconds() > LONGEST_TURN:
            return run, 1.0
        allowed = allowance(min(len(left), switch.batch), pace, name, run.tokens, now)
        if not allowed.count:
            return run, allowed.seconds
        batch, left = left[: allowed.count], left[allowed.count :]
        still_ours(run, ports)
        targets = [Target(id=id_, size=lot.sizes.get(id_, ())) for id_ in batch]
        run = replace(run, tokens=spend(len(batch), pace, name, run.tokens, now))
        try:
            switched = switch.switch(run.action, targets, lot.place)
        except (Transient, Rejected) as error:
            stage.change(
                replace(lot, delays={**lot.delays, f"{type(error).__name__}: {error}": tuple(batch)})
            )
            return run, float(LONGEST_WAIT)
        lot = answered(lot, batch, switched)
        stage.change(lot)
    return run, 0.0
