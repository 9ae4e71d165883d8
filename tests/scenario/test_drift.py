"""Somebody else changes what a rollout is at: it says so with both values, stands still, and obeys."""

from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.world import Story, World

LINEAR = {"preset": "linear", "share": 50, "every": "5m"}


def _drifts(story: Story) -> list[tuple[str, Any, Any]]:
    """(field, what was expected, what was found) of every drift in the timeline."""
    found = [entry["data"] for entry in story.timeline() if entry["type"] == "Drift Detected"]
    return [(data["field"], data["expected"], data["found"]) for data in found]


def _weigh(world: World, service: SampleService, *weights: int) -> dict[str, int]:
    """Somebody sets the weights of the rule by hand."""
    wanted = dict(zip(service.target_groups, weights, strict=True))
    config = {"TargetGroups": [{"TargetGroupArn": a, "Weight": w} for a, w in wanted.items()]}
    world.aws("elbv2").modify_rule(
        RuleArn=service.rules[0], Actions=[{"Type": "forward", "ForwardConfig": config}]
    )
    return wanted


def _with_foreign_weights(world: World, service: SampleService) -> Story:
    """A linear rollout that found other weights after its first bake, and paused."""
    world.register(service, strategy=LINEAR)
    story = world.start(service)
    story.until_holding("bake")
    expected = world.weights(service.rules[0])
    found = _weigh(world, service, 90, 10)
    assert story.ask("promote").status == 202
    held = story.until_holding("pause")
    assert "weights" in held["hold"]["reason"]
    assert _drifts(story) == [("weights", expected, found)]
    assert world.weights(service.rules[0]) == found
    return story


def test_a_rollout_that_is_resumed_takes_over_foreign_weights(world: World) -> None:
    service = world.service(slots=True, size=2)
    story = _with_foreign_weights(world, service)
    assert story.ask("resume", reason="it was me").status == 202
    story.until_holding("bake")
    assert world.weights(service.rules[0]) == dict(zip(service.target_groups, (0, 100), strict=True))
    assert story.ask("promote").status == 202
    assert story.until_ended()["phase"] == "succeeded"
    assert len(_drifts(story)) == 1
    assert world.weights(service.rules[0]) == dict(zip(service.target_groups, (0, 100), strict=True))
    assert_nothing_left(world, service, story)


def test_a_rollout_that_is_aborted_restores_the_snapshot_over_foreign_weights(world: World) -> None:
    service = world.service(slots=True, size=2)
    before = picture(world, service)
    story = _with_foreign_weights(world, service)
    assert story.ask("abort").status == 202
    assert story.until_ended()["phase"] == "aborted"
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_foreign_launch_template_version_pauses_a_canary(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "canary", "canary": 1, "bake": "5m", "batch": 50})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    number = _foreign_version(world, service)
    assert story.ask("promote").status == 202
    story.until_holding("pause")
    assert _drifts(story) == [("template_version", "1", number)]
    assert world.images(service.name) == {service.images["v1"]}
    assert story.ask("abort").status == 202
    assert story.until_ended()["phase"] == "aborted"
    after = picture(world, service)
    assert (after.groups, after.rules, after.images) == (before.groups, before.rules, before.images)
    assert int(number) in after.template_versions
    assert_nothing_left(world, service, story)


def _foreign_version(world: World, service: SampleService) -> str:
    """Somebody makes a version of the launch template and sets the group to it."""
    made = world.aws("ec2").create_launch_template_version(
        LaunchTemplateId=service.template,
        SourceVersion="1",
        LaunchTemplateData={"ImageId": service.images["v3"]},
    )
    number = str(made["LaunchTemplateVersion"]["VersionNumber"])
    world.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=service.groups[0],
        LaunchTemplate={"LaunchTemplateId": service.template, "Version": number},
    )
    return number


def test_a_scaling_policy_at_work_is_no_drift(world: World) -> None:
    service = world.service(slots=True)
    world.register(service, strategy=LINEAR)
    story = world.start(service)
    story.until_holding("bake")
    world.aws("autoscaling").set_desired_capacity(AutoScalingGroupName=service.groups[0], DesiredCapacity=6)
    assert story.ask("promote", full=True).status == 202
    assert story.until_ended()["phase"] == "succeeded"
    assert _drifts(story) == []
    assert (world.group(service.groups[1]) or {})["DesiredCapacity"] == 6
    assert_nothing_left(world, service, story)
