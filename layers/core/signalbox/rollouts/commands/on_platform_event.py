"""AWS told of an instance: whoever waits for its group looks again at once."""

from signalbox.kernel.errors import Conflict
from signalbox.rollouts.layout import group_arn
from signalbox.rollouts.model import HoldKind
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import back


def on_platform_event(group: str, ports: Ports) -> bool:
    """Whether a hold was ended. Events of groups that nobody rolls out are nothing to us."""
    owner = ports.rollouts.owner(group_arn(group, ports.region, ports.account))
    if owner is None:
        return False
    signals = ports.latches.wake(owner[1])
    if signals is None or signals.token is None or signals.hold is None:
        return False
    if signals.hold.kind is not HoldKind.SETTLING:
        return False
    try:
        ports.executions.wake(signals.token, signals.hold.after or back(signals.hold.step))
    except Conflict:
        return False  # its timer was faster
    return True
