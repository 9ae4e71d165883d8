"""Functions of a step that were given up before their end: they may live, and write once more. Pure."""

from datetime import datetime

from signalbox.rollouts.record import Rollout
from signalbox.rollouts.steps.turn import Turn

TOLD_ITSELF = "Rejected"  # how the failure of a function begins that has ended by what AWS refused


def looked_after(turn: Turn, failure: str | None = None) -> Turn:
    """The turn that knows until when a function without an end may write: it was killed or lost sight of, and
    another attempt, execution or the way back goes on in its place. `failure` is what led to that."""
    rollout = turn.rollout
    told = failure is not None and failure.startswith(TOLD_ITSELF)
    busy = None if told and rollout.busy_generation == rollout.generation else rollout.busy_until
    return turn.change(lost_until=_later(rollout.lost_until, busy, turn.now))


def may_still_write(rollout: Rollout, now: datetime) -> bool:
    """Whether what is seen now may be changed once more by a function that nobody waits for."""
    return lost_for(rollout, now) > 0


def lost_for(rollout: Rollout, now: datetime) -> int:
    """For how many seconds it may be: then that is over."""
    left = (rollout.lost_until - now).total_seconds() if rollout.lost_until else 0.0
    return int(left) + 1 if left > 0 else 0


def _later(one: datetime | None, other: datetime | None, now: datetime) -> datetime | None:
    ahead = [moment for moment in (one, other) if moment is not None and now < moment]
    return max(ahead, default=None)
