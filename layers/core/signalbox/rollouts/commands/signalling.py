"""How every verb reaches a rollout: on the latch, then to whoever waits."""

from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import PROMOTION, Heard, Signals

DETAIL_TYPES = {
    "promote": PROMOTION,
    "pause": "Pause Requested",
    "resume": "Resumption Requested",
    "abort": "Abort Requested",
    "retry": "Retry Requested",
}


def heard(verb: str, caller: Caller, ports: Ports, **data: object) -> Heard:
    """The verb as the timeline will tell it: who, why, when."""
    at = rfc3339(ports.clock())
    return Heard(type=DETAIL_TYPES[verb], at=at, actor=caller.arn, reason=caller.reason, data=data)


def load_open(service: str, rollout_id: str, ports: Ports) -> tuple[Rollout, Signals | None]:
    """The rollout and, unless it has ended, its latch. Raises NotFound."""
    rollout = ports.rollouts.get(service, rollout_id)
    if rollout.phase.is_final:
        return rollout, None
    return rollout, ports.latches.get(rollout_id)


def wake(signals: Signals, progress: Progress, ports: Ports) -> bool:
    """End the hold that waits, if one does. False when it ended by itself meanwhile: whoever acts next reads
    the latch."""
    if signals.token is None:
        return False
    try:
        ports.executions.wake(signals.token, progress)
    except Conflict:
        return False
    return True
