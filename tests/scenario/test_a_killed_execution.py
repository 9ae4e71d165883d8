"""An execution that somebody stops: the next generation takes over, and brings everything back."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.stack import entered, execution_arn, executions, throttled
from tests.scenario.world import Story, World, eventually

LONG = {"preset": "blue-green", "bake": "5m"}


def _kill(world: World, story: Story, generation: int = 1) -> None:
    """What nobody should do, as somebody does it."""
    machines, arn = world.aws("stepfunctions"), execution_arn(world, story, generation)
    machines.stop_execution(executionArn=arn, error="Killed", cause="a story says so")
    assert machines.describe_execution(executionArn=arn)["status"] == "ABORTED"


def _latch(world: World, story: Story) -> dict[str, Any]:
    found = world.items(f"ROLLOUT#{story.rollout_id}")
    return found[0] if found else {}


def _settles(world: World, story: Story) -> bool:
    latch = _latch(world, story)
    return "token" in latch and json.loads(latch["hold"]["S"])["kind"] == "settling"


def _assert_taken_over(world: World, story: Story, generations: int = 2) -> None:
    """By the status event, once a generation, and told in the timeline."""
    names = [f"{story.rollout_id}-g{number}" for number in range(1, generations + 1)]
    assert executions(world, story.service) == names
    told = [event for event in story.timeline() if event["type"] == "Generation Taken Over"]
    assert [event["reason"] for event in told] == ["its execution ended as ABORTED"] * (generations - 1)
    events = [recorded["event"] for recorded in world.events() if "ExecutionEnded" in str(recorded["rules"])]
    ours = [event["detail"] for event in events if event["detail"]["name"] == names[0]]
    assert [detail["status"] for detail in ours] == ["ABORTED"]


@pytest.fixture
def service(world: World) -> SampleService:
    made = world.service(size=2)
    world.register(made, strategy=LONG)
    return made


def test_an_execution_killed_while_it_bakes_is_taken_over_and_traffic_comes_back(
    world: World, service: SampleService
) -> None:
    before = picture(world, service)
    story = world.start(service)
    story.until_holding("bake")
    candidate = next(arn for arn in world.weights(service.rules[0]) if arn != service.target_groups[0])
    assert world.weights(service.rules[0])[candidate] == 100
    _kill(world, story)
    eventually(lambda: world.weights(service.rules[0]).get(candidate, 0) == 0)
    ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert ended["outcome"]["reason"] == "its execution ended as ABORTED"
    assert ended["generation"] == 2
    _assert_taken_over(world, story)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


@pytest.fixture
def sick(world: World, service: SampleService) -> Iterator[None]:
    """v2 never turns healthy: its rollouts settle for as long as the test wants."""
    world.control("estate", {"unhealthy_images": [service.images["v2"]]})
    yield
    world.control("estate", {"unhealthy_images": []})


@pytest.mark.usefixtures("sick")
def test_an_execution_killed_while_it_settles_never_gives_the_candidate_traffic(
    world: World, service: SampleService
) -> None:
    before = picture(world, service)
    story = world.start(service)
    eventually(lambda: _settles(world, story) and _has_instances(world, story))
    _kill(world, story)
    ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert "Traffic Shifted" not in story.types()
    _assert_taken_over(world, story)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def _has_instances(world: World, story: Story) -> bool:
    candidate = world.group(f"{story.service}-sb-{story.rollout_id[-8:]}")
    return candidate is not None and len(candidate["Instances"]) == 2


def test_executions_killed_while_they_restore_are_taken_over_until_one_has_restored(
    world: World, service: SampleService
) -> None:
    before = picture(world, service)
    story = world.start(service)
    story.until_holding("bake")
    with throttled(world, "RestoreFunction"):
        assert story.ask("abort", reason="a story").status == 202
        for generation in (1, 2):
            eventually(partial(_tries_to_restore, world, story, generation))
            _kill(world, story, generation)
    ended = story.until_ended()
    assert (ended["phase"], ended["generation"]) == ("aborted", 3)
    assert ended["outcome"]["reason"] == "a story"
    _assert_taken_over(world, story, generations=3)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def _tries_to_restore(world: World, story: Story, generation: int) -> bool:
    return "Restore" in entered(world, story, generation)
