"""An alarm goes off while a rollout waits: whatever it waits for, it is thrown back at once."""

from typing import Any

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import Picture, assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import Story, World, eventually

BLUE_GREEN = {"preset": "blue-green", "bake": "5m"}
CANARY = {"preset": "canary", "canary": 1, "bake": "5m", "batch": 25}
FLOOR = 3  # 75 % of the four instances of a sample service


def _begin(world: World, service: SampleService, **strategy: object) -> tuple[SampleService, Picture, Story]:
    world.register(service, strategy=strategy)
    return service, picture(world, service), world.start(service)


def _throw_back(
    world: World, service: SampleService, story: Story, *, beside_a_step: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """The rollout as it ended, and the AWS calls of the alarm path in their order. A step that runs
    `beside` it reads the alarm itself, and may have latched it first."""
    since = world.last_call()
    world.raise_alarm(service.alarm)
    ended = story.until_ended()
    calls = [call for call in world.calls(since) if "OnAlarmFunction" in call["principal"]]
    errors = {call["error"] for call in calls if call["operation"] != "SendTaskSuccess"}
    assert errors - ({"ConditionalCheckFailedException"} if beside_a_step else set()) == {None}
    return ended, [call["operation"] for call in calls]


def _assert_rolled_back(
    world: World, service: SampleService, before: Picture, story: Story, ended: dict[str, Any]
) -> None:
    assert ended["phase"] == "rolled_back"
    assert ended["outcome"]["evidence"]["alarm"] == service.alarm
    assert ended["shares"]["actual"] == {"stable": 100, "candidate": 0}
    clocks = ended["clocks"]
    assert clocks["detected_at"] <= clocks["acted_at"] <= clocks["restored_at"]
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_alarm_while_the_candidate_is_still_booting(world: World) -> None:
    service = world.service()
    with world.without_capacity():
        service, before, story = _begin(world, service, **BLUE_GREEN)
        story.until_holding("settling")
        ended, calls = _throw_back(world, service, story)
    assert calls[:3] == ["Query", "UpdateItem", "ModifyRule"]
    assert "Capacity Provisioned" not in story.types()
    _assert_rolled_back(world, service, before, story, ended)


def test_alarm_while_a_second_group_bakes_with_all_the_traffic(world: World) -> None:
    service, before, story = _begin(world, world.service(), **BLUE_GREEN)
    story.until_holding("bake")
    with never_below(world, service, FLOOR):
        ended, calls = _throw_back(world, service, story)
    assert calls[:4] == ["Query", "UpdateItem", "ModifyRule", "SendTaskSuccess"]
    _assert_rolled_back(world, service, before, story, ended)


def test_alarm_while_a_canary_bakes_beside_the_others(world: World) -> None:
    service, before, story = _begin(world, world.service(), **CANARY)
    story.until_holding("bake")
    with never_below(world, service, FLOOR):
        ended, calls = _throw_back(world, service, story)
    assert calls[:4] == ["Query", "UpdateItem", "DeregisterTargets", "SendTaskSuccess"]
    _assert_rolled_back(world, service, before, story, ended)


def test_alarm_while_somebody_has_paused_the_rollout(world: World) -> None:
    service, before, story = _begin(world, world.service(), **BLUE_GREEN)
    story.until_holding("bake")
    assert story.ask("pause").status == 202
    story.until_holding("pause")
    ended, calls = _throw_back(world, service, story)
    assert calls[:4] == ["Query", "UpdateItem", "ModifyRule", "SendTaskSuccess"]
    _assert_rolled_back(world, service, before, story, ended)


def test_alarm_while_a_bake_goes_on_after_a_pause(world: World) -> None:
    service, before, story = _begin(world, world.service(), **BLUE_GREEN)
    story.until_holding("bake")
    assert story.ask("pause").status == 202
    story.until_holding("pause")
    assert story.ask("resume").status == 202
    story.until_holding("bake")
    ended, calls = _throw_back(world, service, story)
    assert calls[:4] == ["Query", "UpdateItem", "ModifyRule", "SendTaskSuccess"]
    _assert_rolled_back(world, service, before, story, ended)


def test_alarm_while_the_plan_waits_for_a_promotion(world: World) -> None:
    steps = [
        {"provision": {"percent": 100}},
        {"shift": {"percent": 20}},
        {"pause": {}},
        {"shift": {"percent": 100}},
        {"retire": {}},
    ]
    service, before, story = _begin(world, world.service(), steps=steps)
    story.until_holding("pause")
    ended, calls = _throw_back(world, service, story)
    assert calls[:4] == ["Query", "UpdateItem", "ModifyRule", "SendTaskSuccess"]
    _assert_rolled_back(world, service, before, story, ended)


@pytest.mark.parametrize("version", ["1", "$Latest"])
def test_alarm_while_old_instances_are_being_replaced_brings_them_back(world: World, version: str) -> None:
    service = world.service()
    _peculiar(world, service, version)
    service, before, story = _begin(world, service, **{**CANARY, "bake": "1s"})
    with never_below(world, service, FLOOR):
        story.until_step("replace")
        eventually(lambda: len(world.images(service.name)) > 1)
        ended, calls = _throw_back(world, service, story, beside_a_step=True)
    assert calls[:2] == ["Query", "UpdateItem"]
    assert "DeregisterTargets" not in calls
    _assert_rolled_back(world, service, before, story, ended)
    group = picture(world, service).groups[service.name]
    assert (group.template_version, group.suspended) == (version, ("AZRebalance",))


def _peculiar(world: World, service: SampleService, version: str) -> None:
    """The owner has suspended a process of the group, and lets it launch a version of the owner's choice."""
    world.aws("autoscaling").suspend_processes(
        AutoScalingGroupName=service.name, ScalingProcesses=["AZRebalance"]
    )
    world.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=service.name,
        LaunchTemplate={"LaunchTemplateId": service.template, "Version": version},
    )
