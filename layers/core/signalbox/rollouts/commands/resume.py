"""End a pause. What is left of a paused bake goes on; after a foreign change, Signalbox takes over."""

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.signalling import heard, load_open, wake
from signalbox.rollouts.model import HoldKind
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import resumed


def resume(service: str, rollout_id: str, caller: Caller, ports: Ports) -> Rollout:
    """The rollout as it is now. Raises Conflict when it is not paused, nor about to be."""
    rollout, signals = load_open(service, rollout_id, ports)
    if signals is None:
        return rollout
    hold = signals.hold if signals.token is not None else None
    paused = hold is not None and hold.kind is HoldKind.PAUSE
    if signals.stop is not None or not (paused or signals.pausing):
        raise Conflict(f"{rollout_id} is not paused")
    latched = ports.latches.hear(rollout_id, heard("resume", caller, ports), pausing=False)
    if latched is not None and latched.hold is not None and latched.hold.kind is HoldKind.PAUSE:
        wake(latched, resumed(latched.hold, rollout.steps, ports.clock()), ports)
    return rollout
