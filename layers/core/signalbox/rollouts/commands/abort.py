"""Send a rollout back, whatever it does. Never refused while there is a way back; after the end a no-op."""

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.signalling import heard, load_open, wake
from signalbox.rollouts.model import Stop, StopKind
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import State, back
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import Signals


def abort(service: str, rollout_id: str, caller: Caller, ports: Ports) -> Rollout:
    """The rollout as it is now. Latched: the first reason to go back stays, a second one changes nothing."""
    rollout, signals = load_open(service, rollout_id, ports)
    if signals is None:
        return rollout
    if signals.stop is not None:
        return _again(rollout, signals, ports)
    if rollout.past_return:
        raise _too_late(rollout)
    said = heard("abort", caller, ports)
    reason = caller.reason or f"aborted by {caller.arn}"
    stop = Stop(kind=StopKind.ABORT, at=said.at, actor=caller.arn, reason=reason)
    latched = ports.latches.stop(rollout_id, stop, said)
    if latched is None:
        return _overtaken(rollout, ports)
    return _again(rollout, latched, ports)


def _overtaken(rollout: Rollout, ports: Ports) -> Rollout:
    """Somebody latched a reason meanwhile, or the rollout ended, or it passed the point of no return."""
    rollout, signals = load_open(rollout.service, rollout.rollout_id, ports)
    if signals is not None and signals.stop is None:
        raise _too_late(rollout)
    return rollout


def _too_late(rollout: Rollout) -> Conflict:
    return Conflict(f"{rollout.rollout_id} is past the point of no return: let it end, then undo it")


def _again(rollout: Rollout, signals: Signals, ports: Ports) -> Rollout:
    """End the hold that waits; a call that was cut off after it latched may have left it waiting."""
    if signals.hold is not None and signals.hold.next is not State.SETTLE_RESTORE:
        wake(signals, back(signals.hold.step), ports)
    return rollout
