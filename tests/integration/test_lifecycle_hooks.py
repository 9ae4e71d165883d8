"""Lifecycle hooks of the local Auto Scaling, driven by a client of AWS."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.estate_world import World


@pytest.fixture
def world(estate_world: World) -> World:
    return estate_world


def hook(world: World, transition: str = "LAUNCHING", **given: Any) -> None:
    defaults: dict[str, Any] = {
        "LifecycleHookName": "inspect",
        "AutoScalingGroupName": "checkout",
        "LifecycleTransition": f"autoscaling:EC2_INSTANCE_{transition}",
        "HeartbeatTimeout": 30,
        "NotificationMetadata": "look at it",
    }
    world.autoscaling.put_lifecycle_hook(**{**defaults, **given})


def asked(world: World, kind: str = "launch") -> list[Any]:
    """The details of the lifecycle actions that were told."""
    wanted = f"EC2 Instance-{kind} Lifecycle Action"
    return [event["detail"] for event in world.events if event["detail-type"] == wanted]


def complete(world: World, detail: Any, result: str, *, by_token: bool = True) -> None:
    named: Any = (
        {"LifecycleActionToken": detail["LifecycleActionToken"]}
        if by_token
        else {"InstanceId": detail["EC2InstanceId"]}
    )
    world.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName="checkout",
        LifecycleHookName=detail["LifecycleHookName"],
        LifecycleActionResult=result,
        **named,
    )


def launched(world: World, desired: int = 1) -> Any:
    """A group whose first instance waits before the hook."""
    world.group(desired=0)
    hook(world)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=desired)
    world.until(lambda: world.states() == ["Pending:Wait"] * desired)
    return asked(world)[0]


def test_a_launched_instance_waits_until_the_action_is_completed(world: World) -> None:
    detail = launched(world)
    world.pass_time(10)
    assert world.states() == ["Pending:Wait"]
    assert world.health() == []
    complete(world, detail, "CONTINUE")
    world.until(lambda: world.states() == ["InService"])
    world.until(lambda: world.health() == ["healthy"])
    assert len(world.told("Launch Successful")) == 1


def test_the_event_is_shaped_as_auto_scaling_shapes_it(world: World) -> None:
    detail = launched(world)
    token = detail.pop("LifecycleActionToken")
    assert len(token) == 36
    assert detail == {
        "AutoScalingGroupName": "checkout",
        "LifecycleHookName": "inspect",
        "EC2InstanceId": next(iter(world.ids())),
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "NotificationMetadata": "look at it",
        "Origin": "EC2",
        "Destination": "AutoScalingGroup",
    }


def test_an_abandoned_launch_is_terminated_and_tried_again(world: World) -> None:
    detail = launched(world)
    complete(world, detail, "ABANDON", by_token=False)
    world.until(lambda: len(asked(world)) == 2)
    assert asked(world)[1]["EC2InstanceId"] != detail["EC2InstanceId"]
    [event] = world.told("Launch Unsuccessful")
    assert "was abandoned: Lifecycle Action Completed with ABANDON Result" in event["detail"]["StatusMessage"]


@pytest.mark.parametrize(("result", "state"), [("CONTINUE", "InService"), ("ABANDON", None)])
def test_the_default_result_counts_when_nobody_answers(world: World, result: str, state: str | None) -> None:
    world.group(desired=0)
    hook(world, DefaultResult=result)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=1)
    world.until(lambda: world.states() == ["Pending:Wait"])
    world.pass_time(33)
    assert (world.states() == [state]) == (state is not None)
    assert bool(world.told("Launch Unsuccessful")) == (state is None)


def test_a_heartbeat_begins_the_timeout_anew(world: World) -> None:
    detail = launched(world)
    for _ in range(3):
        world.pass_time(25)
        world.autoscaling.record_lifecycle_action_heartbeat(
            AutoScalingGroupName="checkout",
            LifecycleHookName="inspect",
            LifecycleActionToken=detail["LifecycleActionToken"],
        )
    assert world.states() == ["Pending:Wait"]
    world.pass_time(31)
    assert world.told("Launch Unsuccessful")


def test_a_terminating_instance_has_left_its_load_balancer_when_it_waits(world: World) -> None:
    world.group(desired=1)
    world.settled(1)
    hook(world, "TERMINATING")
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=0)
    world.until(lambda: world.states() == ["Terminating:Wait"])
    assert world.health() == []
    world.pass_time(10)
    [detail] = asked(world, "terminate")
    assert (detail["Origin"], detail["Destination"]) == ("AutoScalingGroup", "EC2")
    complete(world, detail, "ABANDON")
    world.until(lambda: world.states() == [])
    assert len(world.told("Terminate Successful")) == 1


def test_every_hook_must_be_completed(world: World) -> None:
    world.group(desired=0)
    hook(world)
    hook(world, LifecycleHookName="warm")
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=1)
    world.until(lambda: len(asked(world)) == 2)
    complete(world, asked(world)[0], "CONTINUE")
    world.pass_time(2)
    assert world.states() == ["Pending:Wait"]
    complete(world, asked(world)[1], "CONTINUE")
    world.until(lambda: world.states() == ["InService"])


def test_hooks_of_a_new_group_hold_its_first_instances(world: World) -> None:
    specification = {
        "LifecycleHookName": "inspect",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "DefaultResult": "CONTINUE",
    }
    world.group(desired=1, LifecycleHookSpecificationList=[specification])
    world.until(lambda: world.states() == ["Pending:Wait"])
    [found] = world.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="checkout")["LifecycleHooks"]
    assert (found["HeartbeatTimeout"], found["DefaultResult"], found["GlobalTimeout"]) == (
        3600, "CONTINUE", 172800,
    )  # fmt: skip
    assert "RoleARN" not in found


def test_a_deleted_hook_holds_nobody(world: World) -> None:
    world.group(desired=1)
    world.settled(1)
    hook(world, "TERMINATING")
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=0)
    world.until(lambda: world.states() == ["Terminating:Wait"])
    world.autoscaling.delete_lifecycle_hook(AutoScalingGroupName="checkout", LifecycleHookName="inspect")
    world.until(lambda: world.states() == [])


def test_a_group_that_is_deleted_by_force_waits_for_no_hook(world: World) -> None:
    world.group(desired=1)
    world.settled(1)
    hook(world, "TERMINATING")
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="checkout", ForceDelete=True)
    world.until(lambda: world.described() is None)
    assert asked(world, "terminate") == []


def test_an_action_that_nobody_waits_for_cannot_be_completed(world: World) -> None:
    detail = launched(world)
    complete(world, detail, "CONTINUE")
    with pytest.raises(ClientError, match="No active Lifecycle Action found with instance ID i-"):
        complete(world, detail, "CONTINUE", by_token=False)


@pytest.mark.parametrize("wrong", [{"HeartbeatTimeout": 5}, {"DefaultResult": "PERHAPS"}])
def test_a_hook_that_auto_scaling_would_refuse_is_refused(world: World, wrong: Any) -> None:
    world.group(desired=0)
    with pytest.raises(ClientError, match="ValidationError"):
        hook(world, **wrong)
