"""Follows a rollout through the API until it has ended."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from signalbox.kernel.clock import rfc3339
from signalbox_cli.client import ApiClient
from signalbox_cli.rollout_news import Sighting
from signalbox_cli.rollout_words import ENDED, Json

PAUSE = 0.4  # seconds between two looks


class Refused(Exception):
    """The API said no, in its own words."""


def ask(api: ApiClient, method: str, path: str, body: object = None) -> Any:
    """The body of an accepted request; raises Refused."""
    answer = api.request(method, path, body)
    if not answer.is_ok:
        raise Refused(f"{method} {path}: {answer.status} {_in_words(answer.body)}")
    return answer.body


def _in_words(problem: Any) -> str:
    """`application/problem+json` (RFC 9457) as one line; anything else as it is."""
    if not isinstance(problem, dict):
        return str(problem)
    violations = [f"{found['field']}: {found['message']}" for found in problem.get("violations", [])]
    return "; ".join([str(problem.get("detail") or problem.get("title") or problem), *violations])


def follow(api: ApiClient, service: str, rollout_id: str, pause: float = PAUSE) -> Iterator[Sighting]:
    """What the API tells every `pause` seconds; the last one is of the ended rollout. Raises Refused."""
    path = f"/services/{service}/rollouts/{rollout_id}"
    events: tuple[Json, ...] = ()
    while True:
        rollout = ask(api, "GET", path)
        events = (*events, *_later(api, path, len(events)))
        yield Sighting(rollout=rollout, events=events, at=rfc3339(datetime.now(UTC)))
        if rollout["phase"] in ENDED:
            return
        time.sleep(pause)


def _later(api: ApiClient, path: str, known: int) -> Iterator[Json]:
    """The entries after the first `known` ones; sequences count from 1 without gaps."""
    cursor: str | None = str(known)
    while cursor is not None:
        page = ask(api, "GET", f"{path}/timeline?cursor={cursor}")
        yield from page["events"]
        cursor = page["cursor"]
