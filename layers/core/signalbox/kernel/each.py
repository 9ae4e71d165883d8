"""Each by itself: what is wrong with one keeps none of the others from being looked after."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def each(acts: Iterable[Callable[[], T]]) -> tuple[list[T], list[Exception]]:
    """What those return that do, and what the others raise."""
    done: list[T] = []
    failures: list[Exception] = []
    for act in acts:
        try:
            done.append(act())
        except Exception as failure:  # noqa: BLE001 - whoever called decides, once all have had their turn
            failures.append(failure)
    return done, failures
