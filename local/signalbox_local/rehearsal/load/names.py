"""Names as Route 53 answers them: by weight, and remembered for their TTL."""

from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any

RESOLVERS = 20  # each serves its part of the users, and remembers for itself

Answers = Callable[[], Awaitable[Mapping[str, Any]]]


class Names:
    """What `GET /_signalbox/traffic` says under `names`, as the users' resolvers see it."""

    def __init__(self, answers: Answers, now: Callable[[], float], seed: int) -> None:
        self._answers = answers
        self._now = now
        self._chance = Random(f"names {seed}")  # noqa: S311 - chance of a simulation
        self._known: dict[tuple[str, int], tuple[float, str]] = {}

    async def url(self, name: str, user: int) -> str:
        """Where the name leads that user now; empty when nobody knows the name."""
        key = (name, user % RESOLVERS)
        until, url = self._known.get(key, (0.0, ""))
        if self._now() < until:
            return url
        found = (await self._answers()).get(name) or {}
        url = self._choose(found.get("records") or [])
        self._known[key] = (self._now() + float(found.get("ttl", 1)), url)
        return url

    def _choose(self, records: list[Mapping[str, Any]]) -> str:
        weights = [float(record["weight"]) for record in records]
        # All weights zero: each is as likely as the others, as Route 53 has it.
        even = weights if any(weights) else [1.0] * len(records)
        return str(self._chance.choices(records, even)[0]["url"]) if records else ""
