"""Two standing groups, cookies, several rules, listeners: traffic moves together and comes back exactly."""

from functools import partial
from typing import Any

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import Story, World

FLOOR = 3


def _throw_back(world: World, service: SampleService, story: Story) -> list[dict[str, Any]]:
    """What the alarm path did with the rules."""
    since = world.last_call()
    world.raise_alarm(service.alarm)
    assert story.until_ended()["phase"] == "rolled_back"
    calls = [call for call in world.calls(since) if "OnAlarmFunction" in call["principal"]]
    assert [call["operation"] for call in calls[:2]] == ["Query", "UpdateItem"]
    return [call for call in calls[2:] if call["service"] == "elbv2"]


def test_rollouts_alternate_between_the_slots(world: World) -> None:
    service = world.service(slots=True)
    blue, green = service.groups
    world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    with never_below(world, service, FLOOR):
        first = world.start(service, "v2")
        assert first.until_ended()["phase"] == "succeeded"
        assert _state(world, service) == {blue: (0, 0, set()), green: (100, 4, {service.images["v2"]})}
        second = world.start(service, "v3")
        assert second.until_ended()["phase"] == "succeeded"
    assert _state(world, service) == {blue: (100, 4, {service.images["v3"]}), green: (0, 0, set())}
    assert second.read()["previous_version"] == service.images["v2"]
    for story in (first, second):
        assert_nothing_left(world, service, story)


def _state(world: World, service: SampleService) -> dict[str, tuple[int, int, set[str]]]:
    """Group -> (weight, desired, images)."""
    weights = world.weights(service.rules[0])
    return {
        group: (weights[arn], (world.group(group) or {})["DesiredCapacity"], world.images(group))
        for group, arn in zip(service.groups, service.target_groups, strict=True)
    }


def test_linear_moves_equal_shares_of_all_rules_together(world: World) -> None:
    service = world.service(slots=True, rules=3)
    world.register(service, strategy={"preset": "linear", "share": 40, "every": "5m"})
    with never_below(world, service, FLOOR):
        story = world.start(service)
        for bake, share in ((2, 40), (4, 80), (6, 100)):
            held = story.until(partial(_is_held_at, bake))
            assert held["shares"]["actual"] == {"stable": 100 - share, "candidate": share}
            assert _shares(world, service) == [share] * 3
            assert story.ask("promote").status == 202
        assert story.until_ended()["phase"] == "succeeded"
    assert _shares(world, service) == [100] * 3
    assert_nothing_left(world, service, story)


def _is_held_at(step: int, rollout: dict[str, Any]) -> bool:
    return (rollout["step"] or {}).get("index") == step and rollout["hold"] is not None


def _shares(world: World, service: SampleService) -> list[int]:
    return [world.weights(rule)[service.target_groups[1]] for rule in service.rules]


def test_several_rules_come_back_together(world: World) -> None:
    service = world.service(slots=True, rules=3)
    world.register(service, strategy={"preset": "linear", "share": 40, "every": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    with never_below(world, service, FLOOR):
        written = _throw_back(world, service, story)
    assert [call["parameters"]["RuleArn"] for call in written] == list(service.rules)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


@pytest.mark.parametrize("slots", [True, False], ids=["slots", "a copy of the group"])
def test_a_cookie_keeps_nobody_on_the_candidate(world: World, slots: bool) -> None:
    service = world.service(slots=slots, sticky=True)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    with never_below(world, service, FLOOR):
        written = _throw_back(world, service, story)
    first = written[0]["parameters"]["Actions"][0]["ForwardConfig"]
    assert [group["TargetGroupArn"] for group in first["TargetGroups"]] == [service.target_groups[0]]
    assert first["TargetGroupStickinessConfig"]["Enabled"] in (True, "true")
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_listener_s_default_action_is_moved_and_comes_back(world: World) -> None:
    service = world.service(rules=0)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    assert world.weights(service.listener)[service.target_groups[0]] == 0
    with never_below(world, service, FLOOR):
        written = _throw_back(world, service, story)
    assert written[0]["operation"] == "ModifyListener"
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_what_another_target_group_gets_stays_what_it_is(world: World) -> None:
    service = world.service()
    other = _other_target_group(world, service)
    shares = [(service.target_groups[0], 3), (other, 1)]
    config = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in shares]}
    actions = [{"Type": "forward", "ForwardConfig": config}]
    world.aws("elbv2").modify_rule(RuleArn=service.rules[0], Actions=actions)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    weights = world.weights(service.rules[0])
    assert weights[service.target_groups[0]] == 0
    assert weights[other] / sum(weights.values()) == 0.25
    assert story.read()["shares"]["actual"] == {"stable": 0, "candidate": 100}
    _throw_back(world, service, story)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def _other_target_group(world: World, service: SampleService) -> str:
    vpc = world.aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = world.aws("elbv2").create_target_group(
        Name=f"other-{service.name}", Protocol="HTTP", Port=80, VpcId=vpc
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])
