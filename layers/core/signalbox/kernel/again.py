"""Trying again: at once when somebody else was faster, later when it is not there yet."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from signalbox.kernel.errors import Conflict

P = ParamSpec("P")
T = TypeVar("T")
MOST_LOOKS = 5  # at what somebody else changes all the time
_MOST_DOUBLINGS = 20  # beyond any wait


def persistent(act: Callable[P, T]) -> Callable[P, T]:
    """`act`, which looks again when somebody else was faster. Raises Conflict when somebody always is."""

    @wraps(act)
    def looks(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(MOST_LOOKS - 1):
            try:
                return act(*args, **kwargs)
            except Conflict:
                continue
        return act(*args, **kwargs)

    return looks


def later(rounds: int, soonest: int, longest: int) -> int:
    """Seconds to the next look: `soonest` at first, after each round twice as many, at most `longest`."""
    return min(longest, soonest << min(rounds, _MOST_DOUBLINGS))
