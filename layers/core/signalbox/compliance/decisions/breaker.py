"""When something keeps coming back, as a fix and a pipeline, or two rules, undo each other; or when it cannot
be put right, however often somebody asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

MOST = 3  # times that the same is found, or fails, within the hour
WITHIN = timedelta(hours=1)
RESTS_FOR = timedelta(days=1)  # until it is tried again


def recent(times: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """Those of the last hour."""
    return tuple(at for at in times if now - WITHIN < at)


def is_flapping(times: Sequence[datetime], now: datetime) -> bool:
    """Whether the last time was one too many."""
    return len(recent(times, now)) >= MOST
