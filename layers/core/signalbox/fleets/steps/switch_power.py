"""Ask AWS to start or stop what is due."""

from datetime import timedelta

from signalbox.fleets.decisions.lots import watched
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.steps.asking import Asking
from signalbox.fleets.steps.lots import Stage, following
from signalbox.fleets.steps.turn import PowerCommand

# Seconds after AWS has accepted: little is there earlier, and a look costs calls.
FIRST_LOOK = {Action.START: 30, Action.STOP: 45}
# While there is more to ask for, looks are rare, and none is at thousands: they cost calls, and only what was
# put off depends on them.
LOOKS = timedelta(minutes=15)
LOOKS_FOR_DELAYED = timedelta(minutes=5)
MOST_LOOKED_AT = 1000


def switch_power(command: PowerCommand, ports: FleetPorts) -> Progress:
    """Each lot that is due and still waits. Asking twice for the same changes nothing."""
    stage = Stage.taken(command, ports)
    if stage is None:
        return Progress(next=State.DONE)
    run = stage.run
    over = following(stage, run, ports)
    if over is not None:
        return over
    asking = Asking(stage, run, ports.clock(), ports, run.again)
    try:
        pause = asking.everything()
    finally:
        if asking.has_asked:
            stage.kept(asking.run, ports)
    looked = run.looked_at or run.stage_at or asking.began
    is_delayed = any(lot.delays for lot in stage.here)
    longest = LOOKS_FOR_DELAYED if is_delayed else LOOKS
    number = sum(len(watched(lot)) for lot in stage.here)
    is_worth_it = number > 0 and (is_delayed or number <= MOST_LOOKED_AT)
    must_look = is_worth_it and ports.clock() - looked >= longest
    if pause and not must_look:
        return Progress(next=State.SWITCH_POWER, seconds=min(pause, int(longest.total_seconds())))
    return Progress(
        next=State.VERIFY_POWER, seconds=FIRST_LOOK[run.action] if asking.has_asked and not pause else 0
    )
