"""End the hold that waits now; `full` leaves out all that follow. Guards are read before every shift."""

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.signalling import heard, load_open, wake
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import Signals, leave


def promote(service: str, rollout_id: str, caller: Caller, ports: Ports, *, full: bool = False) -> Rollout:
    """The rollout as it is now. Raises Conflict on the way back and, unless `full`, when nothing holds it."""
    rollout, signals = load_open(service, rollout_id, ports)
    if signals is None:
        return rollout
    if signals.stop is not None or rollout.phase in (Phase.ROLLING_BACK, Phase.STUCK):
        raise Conflict(f"{rollout_id} is on its way back")
    if not full and not _waits(signals):
        raise Conflict(f"nothing holds {rollout_id}: there is nothing to promote")
    if full and signals.full and not _waits(signals):
        return rollout
    latched = ports.latches.hear(
        rollout_id, heard("promote", caller, ports, full=full), pausing=False, full=full
    )
    if latched is not None and latched.hold is not None and _waits(latched):
        wake(latched, leave(latched, latched.hold, rollout.steps, ports.clock()), ports)
    return rollout


def _waits(signals: Signals) -> bool:
    hold = signals.hold if signals.token is not None else None
    return hold is not None and hold.kind is not HoldKind.SETTLING
