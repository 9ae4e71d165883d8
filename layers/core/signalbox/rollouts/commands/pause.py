"""Let a rollout stand still at the next boundary, at once while it bakes or compares. Guards stay armed."""

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.signalling import heard, load_open, wake
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import PAUSED_AT_ONCE, Signals, leave


def pause(service: str, rollout_id: str, caller: Caller, ports: Ports) -> Rollout:
    """The rollout as it is now. Raises Conflict on the way back, and past the point of no return."""
    rollout, signals = load_open(service, rollout_id, ports)
    if signals is None:
        return rollout
    if signals.stop is not None or rollout.phase in (Phase.ROLLING_BACK, Phase.STUCK) or rollout.past_return:
        raise Conflict(f"{rollout_id} is past the point where it could be paused")
    if signals.token is not None and signals.hold is not None and signals.hold.kind is HoldKind.PAUSE:
        return rollout
    latched: Signals | None = signals
    if not signals.pausing:
        latched = ports.latches.hear(rollout_id, heard("pause", caller, ports), pausing=True)
    if latched is not None and latched.hold is not None and latched.hold.kind in PAUSED_AT_ONCE:
        wake(latched, leave(latched, latched.hold, rollout.steps, ports.clock()), ports)
    return rollout
