"""Follows something to its end through lost connections: what was seen last stays, and is told to be old."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from botocore.exceptions import ConnectionError, HTTPClientError

from signalbox_cli.asking import Refused

PASSING = frozenset({429, 500, 502, 503, 504})  # statuses that say: ask again
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds until the next attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Nothing has been seen `since`, because of `why`; the next attempt comes at `again`."""

    since: datetime
    why: str
    again: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two looks, and between two that read the health of targets as well."""

    look: float
    health: float


LOCAL = Pace(look=0.5, health=2.0)
REMOTE = Pace(look=2.0, health=10.0)  # a look is two requests; one with health a dozen calls of AWS more


class Seen(Protocol):
    """What a look has found."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing new will be seen."""


S = TypeVar("S", bound=Seen)


class Clock:
    """The time, and the passing of it."""

    def now(self) -> datetime:
        """In UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Returns that much later."""
        time.sleep(seconds)


class Watch(Generic[S]):
    """`look` tells what the API says now; with True what costs more to read, too: the health of targets."""

    def __init__(self, look: Callable[[bool], S], pace: Pace, clock: Clock | None = None) -> None:
        self._look = look
        self._pace = pace
        self._clock = clock or Clock()
        self._last: S | None = None
        self._health_due = self._clock.now()

    def until_ended(self) -> Iterator[S | Lost]:
        """The last one has ended. Raises what hinders the first look; later a definite no."""
        wait, since = FIRST_WAIT, self._clock.now()
        while self._last is None or not self._last.has_ended:
            try:
                self._last = self._seen()
            except (ConnectionError, HTTPClientError, Refused) as problem:
                if self._last is None or not _passes(problem):
                    raise
                again = self._clock.now() + timedelta(seconds=wait)
                yield Lost(since=since, why=_in_short(problem), again=again)
                self._clock.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            wait, since = FIRST_WAIT, self._clock.now()
            yield self._last
            if not self._last.has_ended:
                self._clock.sleep(self._pace.look)

    def _seen(self) -> S:
        is_due = self._clock.now() >= self._health_due
        now = self._look(is_due)
        if is_due:
            self._health_due = self._clock.now() + timedelta(seconds=self._pace.health)
        return now


def _passes(problem: Exception) -> bool:
    return not isinstance(problem, Refused) or problem.status in PASSING


def _in_short(problem: Exception) -> str:
    return (
        f"the API answers {problem.status}" if isinstance(problem, Refused) else "the API cannot be reached"
    )
