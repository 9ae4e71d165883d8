"""Capacity that does not come, or goes: no traffic to what cannot carry it, and never below the floor."""

from collections.abc import Callable, Iterator

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import Story, World

FLOOR = 3
Sicken = Callable[[SampleService, str], None]
STRATEGIES = [
    pytest.param({"preset": "canary", "canary": 1, "bake": "1s"}, id="canary"),
    pytest.param({"preset": "blue-green", "bake": "1s"}, id="blue-green"),
]


@pytest.fixture
def sicken(world: World) -> Iterator[Sicken]:
    """Targets that run a version fail their health checks from now on, until the story ends."""

    def make(service: SampleService, version: str) -> None:
        world.control("estate", {"unhealthy_images": [service.images[version]]})

    yield make
    world.control("estate", {"unhealthy_images": []})


def _register(world: World, service: SampleService, strategy: dict[str, object], floor: int = 75) -> None:
    """With little patience: a step that has not settled after three seconds never will."""
    guards = {"alarms": [service.alarm], "min_healthy_percent": floor, "deadline": "3s"}
    world.register(service, strategy=strategy, guards=guards)


def _assert_nothing_moved(story: Story) -> None:
    ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert "did not settle" in ended["outcome"]["reason"]
    assert {"Traffic Shifted", "Instances Replaced", "Capacity Provisioned"} & set(story.types()) == set()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_candidate_that_never_turns_healthy_gets_no_traffic(
    world: World, sicken: Sicken, strategy: dict[str, object]
) -> None:
    service = world.service()
    _register(world, service, strategy)
    before = picture(world, service)
    sicken(service, "v2")
    with never_below(world, service, FLOOR):
        story = world.start(service)
        _assert_nothing_moved(story)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_candidate_that_aws_cannot_launch_gets_no_traffic(
    world: World, strategy: dict[str, object]
) -> None:
    service = world.service()
    _register(world, service, strategy)
    before = picture(world, service)
    with world.without_capacity(), never_below(world, service, FLOOR):
        story = world.start(service)
        _assert_nothing_moved(story)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_candidate_that_turns_healthy_late_goes_on(world: World, sicken: Sicken) -> None:
    service = world.service(slots=True, size=2)
    world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    sicken(service, "v2")
    story = world.start(service)
    story.until(lambda rollout: rollout["hold"] and "healthy" in rollout["hold"]["reason"])
    world.control("estate", {"unhealthy_images": []})
    assert story.until_ended()["phase"] == "succeeded"
    assert_nothing_left(world, service, story)


def test_a_candidate_that_falls_ill_between_two_shifts_is_thrown_back(world: World, sicken: Sicken) -> None:
    service = world.service(slots=True)
    world.register(service, strategy={"preset": "linear", "share": 50, "every": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    sicken(service, "v2")
    assert story.ask("promote").status == 202
    ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert ended["outcome"]["reason"] == "only 0 of 4 candidate instances are healthy"
    assert [e["data"]["candidate"] for e in story.timeline() if e["type"] == "Traffic Shifted"] == [50]
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_replacements_that_do_not_turn_healthy_give_way_to_the_old_version(
    world: World, sicken: Sicken
) -> None:
    service = world.service()
    _register(world, service, {"preset": "canary", "canary": 1, "bake": "1s", "batch": 25}, floor=50)
    before, story = picture(world, service), world.start(service)
    with never_below(world, service, 2):
        story.until_step("replace")
        sicken(service, "v2")
        assert story.until_ended()["phase"] == "rolled_back"
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_batch_is_no_larger_than_the_floor_allows(world: World) -> None:
    service = world.service()
    batch = {"replace": {"percent": 100, "batch": 100}}
    world.register(service, strategy={"steps": [{"provision": {"count": 1}}, batch, {"retire": {}}]})
    with never_below(world, service, FLOOR):
        story = world.start(service)
        assert story.until_ended()["phase"] == "succeeded"
    assert world.images(service.name) == {service.images["v2"]}
    assert_nothing_left(world, service, story)


def test_what_the_owner_has_scaled_up_meanwhile_is_kept(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    world.aws("autoscaling").set_desired_capacity(AutoScalingGroupName=service.name, DesiredCapacity=6)
    world.raise_alarm(service.alarm)
    assert story.until_ended()["phase"] == "rolled_back"
    after = picture(world, service)
    assert after.groups[service.name].desired == 6
    assert_as_before(before, after)
    assert_nothing_left(world, service, story)
