"""Two starters: of any number of rollouts that stand on the same resource, one is open."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from signalbox_cli.client import Answer
from signalbox_local.sample_service import SampleService
from tests.scenario.stack import executions
from tests.scenario.world import Story, World

STARTERS = 8


def _start(world: World, service: str, version: str) -> Answer:
    return world.api("deployer").request("POST", f"/services/{service}/rollouts", {"version": version})


def _story(world: World, service: str, answer: Answer) -> Story:
    assert answer.status == 202, answer
    return Story(world, service, answer.body["rollout_id"])


def _end(story: Story) -> None:
    story.ask("abort")
    story.until_ended()


@pytest.fixture
def service(world: World) -> SampleService:
    made = world.service(size=1)
    world.register(made)
    return made


def test_of_many_starters_at_once_one_is_accepted_and_the_others_are_told_by_whom(
    world: World, service: SampleService
) -> None:
    with ThreadPoolExecutor(STARTERS) as starters:
        asked = [starters.submit(_start, world, service.name, service.images["v2"]) for _ in range(STARTERS)]
        answers = [one.result() for one in asked]
    accepted = [answer for answer in answers if answer.status == 202]
    refused = [answer for answer in answers if answer.status == 409]
    assert (len(accepted), len(refused)) == (1, STARTERS - 1), answers
    story = _story(world, service.name, accepted[0])
    assert all(story.rollout_id in answer.body["detail"] for answer in refused), refused
    listed = world.api().request("GET", f"/services/{service.name}/rollouts").body["items"]
    assert [rollout["rollout_id"] for rollout in listed] == [story.rollout_id]
    assert executions(world, service.name) == [f"{story.rollout_id}-g1"]
    _end(story)


def test_a_service_that_shares_a_resource_waits_until_the_other_has_ended(
    world: World, service: SampleService
) -> None:
    twin = f"{service.name}-twin"
    assert world.api().request("PUT", f"/services/{twin}", {**service.spec(), "name": twin}).status == 201
    first = world.start(service)
    before = world.items(f"SERVICE#{twin}")
    refused = _start(world, twin, service.images["v3"])
    assert refused.status == 409, refused
    assert f"held by rollout {first.rollout_id} of {service.name}" in refused.body["detail"]
    assert world.items(f"SERVICE#{twin}") == before
    _end(first)
    _end(_story(world, twin, _start(world, twin, service.images["v3"])))
    owners = {item["service"]["S"] for item in world.items("LOCK#")}
    assert not owners & {service.name, twin}


def test_a_starter_that_comes_again_with_its_key_is_told_of_its_own_rollout(
    world: World, service: SampleService
) -> None:
    def ask(version: str, key: str) -> Answer:
        path = f"/services/{service.name}/rollouts"
        body = {"version": service.images[version]}
        return world.api("deployer").request("POST", path, body, {"Idempotency-Key": key})

    first = ask("v2", "the-same")
    assert first.status == 202
    assert ask("v2", "the-same") == first
    assert ask("v3", "the-same").status == 422
    other = ask("v2", "another")
    assert other.status == 409
    assert first.body["rollout_id"] in other.body["detail"]
    _end(_story(world, service.name, first))
    assert ask("v2", "the-same") == first  # remembered, not started again
