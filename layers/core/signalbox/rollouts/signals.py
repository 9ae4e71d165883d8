"""The latch of a rollout: token, breach and pending verb on one item, and what each signal leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.model import HoldKind, Step, StepKind, Stop, Told
from signalbox.rollouts.progress import Progress, State, arrive, back, bake, pause
from signalbox.rollouts.writes import Write

PROMOTION = "Promotion Requested"
PAUSED_AT_ONCE = (HoldKind.BAKE, HoldKind.ANALYSIS)  # other holds stand still by themselves, or pass soon


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A signal, as the timeline will tell it. `type` is the detail type, `at` the signal's own time."""

    type: str
    at: str
    actor: str
    reason: str
    data: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """One item. `hold` is the wait whose token is stored; `told` counts what AWS has told since the
    last task looked.

    `restoring` are the writes that bring traffic back while `instant` is true.
    """

    rollout_id: str
    service: str
    generation: int
    stop: Stop | None = None
    pausing: bool = False
    full: bool = False
    told: Mapping[Told, int] = field(default_factory=dict)
    token: str | None = None
    hold: Progress | None = None
    heard: tuple[Heard, ...] = ()
    restoring: tuple[Write, ...] = ()
    instant: bool = False
    acted_at: str | None = None


def stands_in_the_way(signals: Signals, hold: Progress, now: datetime) -> str | None:
    """Why a hold must not begin to wait; None when it may."""
    if signals.stop is not None and hold.next is not State.SETTLE_RESTORE:
        return signals.stop.reason
    if hold.kind is HoldKind.SETTLING:
        return "AWS has told what is awaited" if has_been_told(signals, hold) else None
    if signals.pausing and hold.kind in PAUSED_AT_ONCE:
        return "a pause was asked for"
    if signals.full and not signals.pausing and _then(hold) != hold.step:
        return "promoted to the end"
    return "the deadline has passed" if hold.until and from_rfc3339(hold.until) <= now else None


def has_been_told(signals: Signals, hold: Progress) -> bool:
    """Whether AWS has told what the hold awaits, as often as it awaits it."""
    return hold.awaits is not None and signals.told.get(hold.awaits, 0) >= (hold.times or 1)


def leave(signals: Signals, hold: Progress, steps: Sequence[Step], now: datetime) -> Progress:
    """Where a hold leads when something else than its deadline ends it."""
    if signals.stop is not None and hold.next is not State.SETTLE_RESTORE:
        return back(hold.step)
    if hold.kind is HoldKind.SETTLING:
        return hold.after or back(hold.step)
    if signals.pausing and hold.kind in PAUSED_AT_ONCE:
        return pause_instead(hold, now)
    return _beyond(hold, steps, now, full=signals.full)


def pause_instead(hold: Progress, now: datetime) -> Progress:
    """The pause that replaces a bake or an experiment; what is left of it goes on afterwards."""
    left = (from_rfc3339(hold.until) - now).total_seconds() if hold.until else 0
    instead = pause(hold.step, now, then=_then(hold), reason="paused", attempt=hold.attempt + 1)
    return replace(instead, owed=max(0, round(left)) or None)


def resumed(hold: Progress, steps: Sequence[Step], now: datetime) -> Progress:
    """After a pause: the rest of its bake or experiment, otherwise the step that it led to."""
    if steps[hold.step].kind is StepKind.ANALYSE:
        return arrive(steps, hold.step, now, attempt=hold.attempt + 1)
    if hold.owed:
        return bake(steps, hold.step, now, hold.owed, attempt=hold.attempt + 1)
    return _beyond(hold, steps, now)


def _beyond(hold: Progress, steps: Sequence[Step], now: datetime, *, full: bool = False) -> Progress:
    """Back in the step that was interrupted, as another attempt; or in the one that follows."""
    attempt = hold.attempt + 1 if _then(hold) == hold.step else 0
    return arrive(steps, _then(hold), now, full=full, attempt=attempt)


def _then(hold: Progress) -> int:
    return hold.step + 1 if hold.then is None else hold.then
