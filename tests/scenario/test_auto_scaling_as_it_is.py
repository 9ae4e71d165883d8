"""What belongs to a group goes with its traffic to a copy, and is as before in every ending."""

from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.scaling import SCALING, belongings, drop_hook, furnish, suspended
from tests.scenario.world import Story, World

FLOOR = 3
BLUE_GREEN = {"preset": "blue-green", "bake": "5m"}


def _furnished(world: World) -> SampleService:
    service = world.service()
    furnish(world, service.name)
    world.register(service, strategy=BLUE_GREEN)
    return service


def _copy(service: SampleService, story: Story) -> str:
    return f"{service.name}-sb-{story.rollout_id[-8:]}"


def test_a_copy_has_all_that_belongs_to_the_group_while_it_carries_the_traffic(world: World) -> None:
    service = _furnished(world)
    before = belongings(world, service.name)
    with never_below(world, service, FLOOR):
        story = world.start(service)
        story.until_holding("bake")
        copy = _copy(service, story)
        assert belongings(world, copy) == before
        assert (suspended(world, copy), suspended(world, service.name)) == (set(), SCALING)
        drop_hook(world, copy, service.name)
        without = belongings(world, service.name)
        assert story.ask("promote").status == 202
        assert story.until_ended()["phase"] == "succeeded"
    assert belongings(world, service.name) == without
    assert suspended(world, service.name) == set()
    assert world.images(service.name) == {service.images["v2"]}
    assert belongings(world, copy) == {
        "hooks": [], "policies": [], "actions": [], "pool": None, "protected": None
    }  # fmt: skip
    assert_nothing_left(world, service, story)


def test_all_is_as_before_when_a_copy_is_thrown_back(world: World) -> None:
    service = _furnished(world)
    before, all_of_it = picture(world, service), belongings(world, service.name)
    with never_below(world, service, FLOOR):
        story = world.start(service)
        story.until_holding("bake")
        drop_hook(world, _copy(service, story))
        world.raise_alarm(service.alarm)
        assert story.until_ended()["phase"] == "rolled_back"
    assert_as_before(before, picture(world, service))
    assert belongings(world, service.name) == all_of_it
    assert_nothing_left(world, service, story)


def test_a_group_with_a_mixed_instances_policy_is_renewed_in_place(world: World) -> None:
    service = world.service()
    overrides = [{"InstanceType": "t4g.micro"}, {"InstanceType": "t4g.small"}]
    specification = {"LaunchTemplateId": service.template, "Version": "1"}
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": overrides}}
    world.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=service.name, MixedInstancesPolicy=policy
    )
    world.register(service)
    with never_below(world, service, FLOOR):
        assert world.start(service).until_ended()["phase"] == "succeeded"
    template = _mixed(world, service)["LaunchTemplate"]
    assert template["LaunchTemplateSpecification"]["Version"] == "2"
    assert template["Overrides"] == overrides
    assert world.images(service.name) == {service.images["v2"]}


def _mixed(world: World, service: SampleService) -> dict[str, Any]:
    found: dict[str, Any] = (world.group(service.name) or {})["MixedInstancesPolicy"]
    return found


def test_an_override_with_a_launch_template_of_its_own_is_refused_by_name(world: World) -> None:
    service, other = world.service(), world.service(size=1)
    own = {"LaunchTemplateSpecification": {"LaunchTemplateId": other.template, "Version": "1"}}
    specification = {"LaunchTemplateId": service.template, "Version": "1"}
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": [own]}}
    world.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=service.name, MixedInstancesPolicy=policy
    )
    answer = world.api().request("PUT", f"/services/{service.name}", service.spec())
    assert answer.status == 422
    (violation,) = answer.body["violations"]
    assert violation["field"] == "platform.group"
    assert other.template in violation["message"]


def test_a_part_of_the_capacity_is_not_enough_and_no_traffic_moves(world: World) -> None:
    service = world.service()
    guards = {"alarms": [service.alarm], "deadline": "20s"}
    world.register(service, strategy=BLUE_GREEN, guards=guards)
    before = picture(world, service)
    world.control("estate", {"room": {"instances": _instances(world) + 3}})
    try:
        with never_below(world, service, 4):
            story = world.start(service)
            ended = story.until_ended()
    finally:
        world.control("estate", {"room": None})
    assert ended["phase"] == "rolled_back"
    assert "3 of 4 candidate instances are healthy" in ended["outcome"]["reason"]
    assert "Traffic Shifted" not in story.types()
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def _instances(world: World) -> int:
    pages = world.aws("ec2").get_paginator("describe_instances").paginate()
    states = [
        i["State"]["Name"] for page in pages for each in page["Reservations"] for i in each["Instances"]
    ]
    return len([state for state in states if state != "terminated"])
