"""See whether what was asked for is there: the state reached counts, not the call accepted."""

from dataclasses import replace

from signalbox.fleets.decisions.lots import given_up, seen
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.steps.lots import LONGEST_WAIT, Stage, next_stage
from signalbox.fleets.steps.turn import PowerCommand, kept, take_turn

SOONEST = 5  # seconds between two looks; each round twice as many


def verify_power(command: PowerCommand, ports: FleetPorts) -> Progress:
    """One look at each lot of the stage that has been asked; what is late is given up, and named."""
    run = take_turn(command, ports)
    if run is None:
        return Progress(next=State.DONE)
    stage = Stage.of(run, ports)
    now = ports.clock()
    for lot in stage.here:
        looked = lot
        if lot.asked:
            found = ports.switch_of(lot.kind).read(lot.asked, run.action, lot.place)
            looked = seen(lot, found, run.action)
        if not looked.is_settled and now - (run.stage_at or now) > stage.deadline(looked):
            looked = given_up(looked, run.action)
        stage.change(looked)
    stage.keep(ports)
    if all(lot.is_settled for lot in stage.here):
        return next_stage(stage, ports)
    kept(replace(run, rounds=run.rounds + 1), ports)
    pause = min(LONGEST_WAIT, SOONEST * 2 ** min(run.rounds, 6))
    waits = any(lot.waiting for lot in stage.here)
    return Progress(next=State.SWITCH_POWER if waits else State.VERIFY_POWER, seconds=pause)
