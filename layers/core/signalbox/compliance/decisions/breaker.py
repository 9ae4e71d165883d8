"""When something keeps coming back: a fix and a pipeline, or two rules, that undo each other."""

from collections.abc import Sequence
from datetime import datetime, timedelta

MOST = 3  # times that the same is found within the hour
WITHIN = timedelta(hours=1)
RESTS_FOR = timedelta(days=1)  # until it is tried again


def recent(noticed: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """Those of the last hour."""
    return tuple(at for at in noticed if now - WITHIN < at)


def is_flapping(noticed: Sequence[datetime], now: datetime) -> bool:
    """Whether the last time was one too many."""
    return len(recent(noticed, now)) >= MOST
