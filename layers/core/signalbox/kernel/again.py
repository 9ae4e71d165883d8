"""Trying again: at once when somebody else was faster, later when it is not there yet."""

from collections.abc import Callable
from typing import TypeVar

from signalbox.kernel.errors import Conflict

T = TypeVar("T")
MOST_LOOKS = 5  # at what somebody else changes all the time
_MOST_DOUBLINGS = 20  # beyond any wait


def persistently(act: Callable[[], T]) -> T:
    """Looks again when somebody else was faster. Raises Conflict when somebody always is."""
    for _ in range(MOST_LOOKS - 1):
        try:
            return act()
        except Conflict:
            continue
    return act()


def later(rounds: int, soonest: int, longest: int) -> int:
    """Seconds to the next look: `soonest` at first, after each round twice as many, at most `longest`."""
    return min(longest, soonest << min(rounds, _MOST_DOUBLINGS))
