"""Run the restore of a stuck rollout again."""

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.signalling import heard, load_open
from signalbox.rollouts.commands.take_over import take_over
from signalbox.rollouts.model import Phase
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout


def retry(service: str, rollout_id: str, caller: Caller, ports: Ports) -> Rollout:
    """The rollout, rolling back again as the next generation. Raises Conflict unless it is stuck."""
    rollout, signals = load_open(service, rollout_id, ports)
    if signals is None or rollout.phase is Phase.ROLLING_BACK:
        return rollout
    if rollout.phase is not Phase.STUCK:
        raise Conflict(f"{rollout_id} is {rollout.phase}: only a stuck rollout can be retried")
    ports.latches.hear(rollout_id, heard("retry", caller, ports), pausing=None)
    return take_over(rollout, ports, reason="retried")
