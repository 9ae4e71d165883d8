"""Following a rollout: every entry once, and an end."""

from collections.abc import Mapping
from typing import Any

import pytest

from signalbox_cli.client import Answer, ApiClient
from signalbox_cli.following import Refused, follow
from tests.unit.rollouts_as_read import EVENTS, rollout


class FakeApi(ApiClient):
    """Tells one phase after another, and one entry more each time, in pages of two."""

    def __init__(self, *phases: str) -> None:
        self.phases = list(phases)
        self.asked: list[str] = []
        self.refusal = Answer(status=404, body=None)

    def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        self.asked.append(f"{method} {path}")
        if "/timeline?cursor=" in path:
            return Answer(status=200, body=self._page(int(path.rpartition("=")[2])))
        if not self.phases:
            return self.refusal
        return Answer(status=200, body=rollout(phase=self.phases.pop(0)))

    def _page(self, cursor: int) -> dict[str, Any]:
        known = EVENTS[: len(EVENTS) - len(self.phases)]
        page = known[cursor : cursor + 2]
        return {"events": page, "cursor": str(cursor + 2) if len(page) == 2 else None}


def test_it_tells_each_entry_once_and_stops_at_the_end() -> None:
    api = FakeApi("pending", "running", "succeeded", "never asked")
    seen = list(follow(api, "checkout", "r-1", pause=0))
    assert [now.rollout["phase"] for now in seen] == ["pending", "running", "succeeded"]
    assert [len(now.events) for now in seen] == [1, 2, 3]
    assert seen[-1].events == tuple(EVENTS[:3])
    assert set(api.asked) == {
        "GET /services/checkout/rollouts/r-1",
        *(f"GET /services/checkout/rollouts/r-1/timeline?cursor={cursor}" for cursor in (0, 1, 2)),
    }


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"title": "Not Found", "detail": "no such rollout"}, "404 no such rollout"),
        (
            {"title": "Bad", "violations": [{"field": "version", "message": "is missing"}]},
            "404 Bad; version: is",
        ),
        ("<html>", "404 <html>"),
    ],
)
def test_what_the_api_refuses_is_told_in_its_words(body: object, told: str) -> None:
    api = FakeApi()
    api.refusal = Answer(status=404, body=body)
    with pytest.raises(Refused, match=f"GET /services/checkout/rollouts/r-1: {told}"):
        next(follow(api, "checkout", "r-1", pause=0))
