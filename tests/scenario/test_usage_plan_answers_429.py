"""The usage plan: how much one key may ask, and what it cannot keep anybody from."""

import time
from collections.abc import Iterator

import pytest

from tests.scenario.conftest import serving
from tests.scenario.wire import send, signature
from tests.scenario.world import World, eventually

BURST = 5
NOWHERE = "/services/nobody/rollouts/r-00000000000000000"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime whose key may ask once a second, and five times at once."""
    options = ("--parameter", "ApiRateLimit=1", "--parameter", f"ApiBurstLimit={BURST}")
    with serving(tmp_path_factory.mktemp("narrow"), *options) as runtime:
        yield World(runtime)


def _exhaust(world: World) -> list[int]:
    """Ask until the plan has had enough: the statuses."""
    asked = [world.api("viewer").request("GET", "/services/nobody").status]
    while asked[-1] != 429 and len(asked) < 20 * BURST:
        asked.append(world.api("viewer").request("GET", "/services/nobody").status)
    return asked


def test_the_burst_passes_and_what_follows_is_answered_429(narrow: World) -> None:
    asked = _exhaust(narrow)
    assert asked[:BURST] == [404] * BURST
    assert asked[-1] == 429
    refused = send(narrow.runtime, "GET", "/health", auth=signature(narrow.runtime, "viewer"))
    assert refused.status_code == 429
    assert refused.headers["x-amzn-errortype"] == "TooManyRequestsException"


def test_the_plan_is_open_again_after_a_moment(narrow: World) -> None:
    _exhaust(narrow)
    time.sleep(1.1)  # a token comes back each second
    assert narrow.api("viewer").request("GET", "/services/nobody").status == 404


@pytest.mark.parametrize("key", [True, False], ids=["with the key", "without a key"])
@pytest.mark.parametrize("verb", ["abort", "pause"])
def test_an_exhausted_plan_does_not_keep_anybody_from_the_emergency_verbs(
    narrow: World, verb: str, key: bool
) -> None:
    _exhaust(narrow)
    answers = [narrow.api("deployer", key=key).request("POST", f"{NOWHERE}/{verb}") for _ in range(2 * BURST)]
    assert [answer.status for answer in answers] == [404] * len(answers)


def test_a_rollout_is_aborted_while_its_plan_is_exhausted(narrow: World) -> None:
    service = narrow.service(size=1)  # which takes long enough for the plan to open again
    narrow.register(service)
    story = narrow.start(service)
    assert _exhaust(narrow)[-1] == 429
    assert story.ask("abort", caller="deployer", reason="nobody can stop me").status == 202
    eventually(lambda: not narrow.items("OPEN"))  # asked of the table: the plan counts reading
    time.sleep(1.1)
    assert story.read()["phase"] in ("aborted", "cancelled")
