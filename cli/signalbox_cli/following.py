"""Follows a rollout through the API until it has ended."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from signalbox.kernel.clock import rfc3339
from signalbox_cli.asking import Refused, ask
from signalbox_cli.rollout_news import Sighting
from signalbox_cli.rollout_words import ENDED, Json

if TYPE_CHECKING:
    from signalbox_cli.client import ApiClient

__all__ = ["Follower", "Refused", "Sighting", "ask", "follow"]
PAUSE = 0.4  # seconds between two looks


class Follower:
    """Looks at one rollout again and again; what it has seen of the timeline it does not ask for again."""

    def __init__(self, api: "ApiClient", path: str) -> None:
        self._api = api
        self._path = path
        self._events: tuple[Json, ...] = ()
        self._capacity: Json | None = None

    def look(self, *, health: bool = False) -> Sighting:
        """What the API tells now; the capacity as last asked for with `health`. Raises Refused."""
        rollout = ask(self._api, "GET", f"{self._path}?health=true" if health else self._path, holds="phase")
        self._events = (*self._events, *self._later(len(self._events)))
        is_kept = not health and rollout["phase"] not in ENDED
        self._capacity = rollout.get("capacity") or (self._capacity if is_kept else None)
        told = {**rollout, "capacity": self._capacity}
        return Sighting(rollout=told, events=self._events, at=rfc3339(datetime.now(UTC)))

    def _later(self, known: int) -> Iterator[Json]:
        """The entries after the first `known` ones; sequences count from 1 without gaps."""
        cursor: str | None = str(known)
        while cursor is not None:
            page = ask(self._api, "GET", f"{self._path}/timeline?cursor={cursor}", holds="events")
            yield from page["events"]
            cursor = page["cursor"]


def follow(api: "ApiClient", service: str, rollout_id: str, pause: float = PAUSE) -> Iterator[Sighting]:
    """What the API tells every `pause` seconds; the last one is of the ended rollout. Raises Refused."""
    follower = Follower(api, f"/services/{service}/rollouts/{rollout_id}")
    while True:
        now = follower.look()
        yield now
        if now.rollout["phase"] in ENDED:
            return
        time.sleep(pause)
