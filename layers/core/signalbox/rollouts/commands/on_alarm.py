"""An alarm went off: throw every rollout back that it watches. The shortest path of all.

Calls to AWS, in order: who watches; latch; the write that restores traffic; the token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signalbox.kernel.clock import Clock, rfc3339
from signalbox.kernel.errors import Conflict, Rejected, Transient
from signalbox.rollouts.model import Stop, StopKind
from signalbox.rollouts.progress import State, back
from signalbox.rollouts.signals import Heard, Signals

if TYPE_CHECKING:
    # All ports know the whole record: that is not loaded to throw a rollout back.
    from signalbox.rollouts.ports import Executions, Latches, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """One state change to ALARM. `at` is the instant of the change, not of its delivery."""

    arn: str
    name: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPorts:
    """The few that the alarm path needs."""

    latches: Latches
    writer: Writer
    executions: Executions
    clock: Clock


def on_alarm(event: AlarmRaised, ports: AlarmPorts) -> int:
    """How many rollouts were thrown back. A repeated event finds the latch set, and ends no more than a hold
    that its first delivery left waiting when it was cut off."""
    stop, heard = _told(event)
    latched = [
        (rollout_id, ports.latches.stop(rollout_id, stop, heard, since_armed=True))
        for rollout_id in ports.latches.watchers(event.arn)
    ]
    return sum(
        _thrown_back(signals, ports) if signals is not None else _ended_again(rollout_id, stop, ports)
        for rollout_id, signals in latched
    )


def _told(event: AlarmRaised) -> tuple[Stop, Heard]:
    evidence: dict[str, object] = {"alarm": event.name, "reason": event.reason}
    reason = f"alarm {event.name} is in ALARM"
    stop = Stop(kind=StopKind.BREACH, at=event.at, actor="cloudwatch", reason=reason, evidence=evidence)
    heard = Heard(type="Guard Breached", at=event.at, actor="cloudwatch", reason=reason, data=evidence)
    return stop, heard


def _thrown_back(signals: Signals, ports: AlarmPorts) -> bool:
    acted_at = _restored(signals, ports)
    _woken(signals, ports)
    if acted_at is not None:
        ports.latches.acted(signals.rollout_id, acted_at)
    return True


def _ended_again(rollout_id: str, stop: Stop, ports: AlarmPorts) -> bool:
    signals = ports.latches.get(rollout_id)
    return signals is not None and signals.stop == stop and _woken(signals, ports)


def _woken(signals: Signals, ports: AlarmPorts) -> bool:
    """Whether a hold was ended; the restore's own goes on."""
    hold = signals.hold
    if signals.token is None or hold is None or hold.next is State.SETTLE_RESTORE:
        return False
    try:
        ports.executions.wake(signals.token, back(hold.step))
    except Conflict:
        return False  # it ended by itself: the step that follows reads the latch
    return True


def _restored(signals: Signals, ports: AlarmPorts) -> str | None:
    """When the first restoring write was accepted; None when it is left to Restore."""
    if not signals.instant or not signals.restoring:
        return None
    first: str | None = None
    for write in signals.restoring:
        try:
            ports.writer.apply(write)
        except (Rejected, Transient):
            continue  # Restore tries again without end, or meets the same refusal and says so
        first = first or rfc3339(ports.clock())
    return first
