"""AWS told of an instance: whoever waits for its group looks again at once."""

from dataclasses import dataclass

from signalbox.kernel.errors import Conflict
from signalbox.rollouts.layout import group_arn
from signalbox.rollouts.model import Told
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import back
from signalbox.rollouts.signals import has_been_told


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceChanged:
    """An instance of a group was launched or terminated, or could not be."""

    group: str
    told: Told


def on_platform_event(event: InstanceChanged, ports: Ports) -> bool:
    """Whether a hold was ended. Events of groups that nobody rolls out are nothing to us."""
    owner = ports.rollouts.owner(group_arn(event.group, ports.region, ports.account))
    if owner is None:
        return False
    signals = ports.latches.tell(owner[1], event.told)
    if signals is None or signals.token is None or signals.hold is None:
        return False
    if not has_been_told(signals, signals.hold):
        return False
    try:
        ports.executions.wake(signals.token, signals.hold.after or back(signals.hold.step))
    except Conflict:
        return False  # its timer was faster
    return True
