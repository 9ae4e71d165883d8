"""Send a rollout back, whatever it does. Never refused while there is a way back; after the end a no-op."""

from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.caller import Caller
from signalbox.rollouts.commands.signalling import heard, load_open, wake
from signalbox.rollouts.model import Stop, StopKind
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import back
from signalbox.rollouts.record import Rollout


def abort(service: str, rollout_id: str, caller: Caller, ports: Ports) -> Rollout:
    """The rollout as it is now. Latched: the first reason to go back stays, a second one changes nothing."""
    rollout, signals = load_open(service, rollout_id, ports)
    if signals is None or signals.stop is not None:
        return rollout
    if rollout.past_return:
        raise Conflict(
            f"{rollout_id} is past the point of no return: roll out {rollout.previous_version} instead"
        )
    said = heard("abort", caller, ports)
    reason = caller.reason or f"aborted by {caller.arn}"
    stop = Stop(kind=StopKind.ABORT, at=said.at, actor=caller.arn, reason=reason)
    latched = ports.latches.stop(rollout_id, stop, said)
    if latched is not None and latched.hold is not None:
        wake(latched, back(latched.hold.step), ports)
    return rollout
