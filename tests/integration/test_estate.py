"""Auto Scaling groups and load balancer targets of the local runtime, driven by a client of AWS."""

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from signalbox_local.estate.control import estate_control
from signalbox_local.estate.health import Checks, Health, checked_health
from tests.integration.estate_world import ACCOUNT, REGION, World


@pytest.fixture
def world(estate_world: World) -> World:
    return estate_world


def test_instances_boot_and_become_healthy_targets(world: World) -> None:
    world.group()
    world.until(lambda: world.states() == ["Pending", "Pending"])
    world.until(lambda: world.health() == ["initial", "initial"])
    world.settled()
    zones = {each["AvailabilityZone"] for each in world.described()["Instances"]}
    assert zones == {f"{REGION}a", f"{REGION}b"}


def test_the_estate_lives_by_itself_and_leaves_no_thread(world: World) -> None:
    world.group(desired=1)
    world.estate.start()
    deadline = time.monotonic() + 5
    while world.states() != ["Pending"] and time.monotonic() < deadline:
        time.sleep(0.01)
    world.estate.stop()
    assert world.states() == ["Pending"]
    assert "estate" not in {thread.name for thread in threading.enumerate()}


def test_a_launch_is_told_as_auto_scaling_tells_it(world: World) -> None:
    world.group(desired=1)
    world.settled(1)
    [event] = world.told("Launch Successful")
    [instance] = world.ids()
    assert event["source"] == "aws.autoscaling"
    arn = world.described()["AutoScalingGroupARN"]
    assert event["resources"] == [arn, f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}"]
    assert event["detail"]["AutoScalingGroupName"] == "checkout"
    assert event["detail"]["EC2InstanceId"] == instance
    assert set(event["detail"]["Details"]) == {"Subnet ID", "Availability Zone"}
    [activity] = world.autoscaling.describe_scaling_activities(AutoScalingGroupName="checkout")["Activities"]
    assert (activity["StatusCode"], activity["ActivityId"]) == ("Successful", event["detail"]["ActivityId"])


def test_a_scale_in_takes_the_oldest_version_out_of_the_target_group_first(world: World) -> None:
    world.group()
    world.settled()
    old = world.ids()
    world.ec2.create_launch_template_version(
        LaunchTemplateName="checkout", SourceVersion="1", LaunchTemplateData={"ImageId": "ami-new"}
    )
    template: Any = {"LaunchTemplateName": "checkout", "Version": "2"}
    world.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName="checkout", LaunchTemplate=template, DesiredCapacity=4
    )
    world.settled(4)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=2)
    world.until(lambda: "draining" in world.health())
    world.settled()
    assert not world.ids() & old
    assert {each["LaunchTemplate"]["Version"] for each in world.described()["Instances"]} == {"2"}
    assert len(world.told("Terminate Successful")) == 2


def test_an_instance_terminated_through_the_group_is_replaced_or_not_as_asked(world: World) -> None:
    world.group()
    world.settled()
    first, second = sorted(world.ids())
    world.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=first, ShouldDecrementDesiredCapacity=False
    )
    assert world.states() == ["InService", "Terminating"]
    world.until(lambda: first not in world.ids() and world.states() == ["InService"] * 2)
    world.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=second, ShouldDecrementDesiredCapacity=True
    )
    world.until(lambda: world.states() == ["InService"])
    assert world.described()["DesiredCapacity"] == 1
    with pytest.raises(ClientError, match="No managed instance found"):
        world.autoscaling.terminate_instance_in_auto_scaling_group(
            InstanceId="i-0", ShouldDecrementDesiredCapacity=False
        )


def test_a_decrement_below_the_minimum_is_refused(world: World) -> None:
    world.group(desired=1, MinSize=1)
    world.settled(1)
    with pytest.raises(ClientError, match=r"desiredSize equals minSize \(1\)"):
        world.autoscaling.terminate_instance_in_auto_scaling_group(
            InstanceId=world.ids().pop(), ShouldDecrementDesiredCapacity=True
        )


def test_an_instance_terminated_through_ec2_is_replaced(world: World) -> None:
    world.group()
    world.settled()
    victim = sorted(world.ids())[0]
    world.ec2.terminate_instances(InstanceIds=[victim])
    world.until(lambda: victim not in world.ids())
    world.settled()
    assert [event["detail"]["EC2InstanceId"] for event in world.told("Terminate Successful")] == [victim]


def test_suspended_processes_do_nothing(world: World) -> None:
    world.group(desired=1)
    world.settled(1)
    world.suspend("Launch", "Terminate")
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=3)
    world.pass_time(5)
    assert world.states() == ["InService"]
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=0)
    world.pass_time(5)
    assert world.states() == ["InService"]
    world.autoscaling.resume_processes(AutoScalingGroupName="checkout")
    world.until(lambda: world.states() == [])


def test_an_instance_that_boots_while_adding_is_suspended_stays_out_of_the_target_group(world: World) -> None:
    world.group(desired=0)
    world.suspend("AddToLoadBalancer")
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=1)
    world.until(lambda: world.states() == ["InService"])
    world.autoscaling.resume_processes(AutoScalingGroupName="checkout")
    world.pass_time(5)
    assert world.health() == []


def test_target_groups_attach_and_detach_with_their_instances(world: World) -> None:
    green = world.target_group("green")
    world.group()
    world.settled()
    world.autoscaling.attach_load_balancer_target_groups(
        AutoScalingGroupName="checkout", TargetGroupARNs=[green]
    )
    assert world.health(green) == ["unused", "unused"]
    world.autoscaling.detach_load_balancer_target_groups(
        AutoScalingGroupName="checkout", TargetGroupARNs=[world.blue]
    )
    assert world.health() == ["draining", "draining"]
    world.until(lambda: world.health() == [])
    assert world.described()["TargetGroupARNs"] == [green]
    with pytest.raises(ClientError, match="not part of the group"):
        world.autoscaling.detach_load_balancer_target_groups(
            AutoScalingGroupName="checkout", TargetGroupARNs=[world.blue]
        )


def test_targets_are_checked_once_a_listener_uses_their_group(world: World) -> None:
    green = world.target_group("green")
    world.group(TargetGroupARNs=[green])
    world.until(lambda: world.health(green) == ["unused", "unused"])
    groups: Any = [{"TargetGroupArn": world.blue, "Weight": 100}, {"TargetGroupArn": green, "Weight": 0}]
    world.elb.modify_rule(
        RuleArn=world.rule, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    )
    assert world.health(green) == ["initial", "initial"]
    world.until(lambda: world.health(green) == ["healthy", "healthy"])
    shown = world.elb.describe_target_groups(TargetGroupArns=[green])["TargetGroups"][0]
    assert shown["LoadBalancerArns"] == [world.balancer]


def test_targets_with_a_bad_image_turn_unhealthy_and_recover(world: World) -> None:
    world.group()
    world.settled()
    world.estate.set_unhealthy_images({"ami-good"})
    world.until(lambda: world.health() == ["unhealthy", "unhealthy"])
    assert world.states() == ["InService", "InService"]
    world.estate.set_unhealthy_images(set())
    world.until(lambda: world.health() == ["healthy", "healthy"])


def test_a_group_that_asks_the_load_balancer_replaces_unhealthy_instances(world: World) -> None:
    world.group(HealthCheckType="ELB", HealthCheckGracePeriod=0)
    world.settled()
    before = world.ids()
    world.estate.set_unhealthy_images({"ami-good"})
    world.until(lambda: not before & world.ids())


def test_an_instance_taken_out_by_hand_is_replaced_unless_that_is_suspended(world: World) -> None:
    world.group(HealthCheckType="ELB", HealthCheckGracePeriod=0)
    world.settled()
    before = sorted(world.ids())
    world.suspend("ReplaceUnhealthy", "HealthCheck", "AddToLoadBalancer")
    world.elb.deregister_targets(TargetGroupArn=world.blue, Targets=[{"Id": before[0]}])
    world.until(lambda: world.health() == ["healthy"])
    assert sorted(world.ids()) == before
    world.autoscaling.resume_processes(AutoScalingGroupName="checkout")
    world.until(lambda: before[0] not in world.ids())


def test_launches_that_fail_are_told_and_listed_and_tried_again(world: World) -> None:
    world.estate.set_launch_failure("checkout")
    world.group(desired=1)
    world.until(lambda: len(world.told("Launch Unsuccessful")) > 1)
    event = world.told("Launch Unsuccessful")[0]
    assert event["detail"]["StatusCode"] == "Failed"
    assert "sufficient capacity" in event["detail"]["StatusMessage"]
    listed = world.autoscaling.describe_scaling_activities(AutoScalingGroupName="checkout")["Activities"]
    assert listed[0]["StatusCode"] == "Failed"
    world.estate.set_launch_failure("checkout", None)
    world.settled(1)


def test_a_test_tells_the_estate_through_its_control(world: World) -> None:
    tell = estate_control(world.estate)
    tell("POST", {}, {"unhealthy_images": ["ami-good"], "launch_failure": {"message": "no room"}})
    world.group(desired=1)
    world.until(lambda: world.told("Launch Unsuccessful"))
    assert world.told("Launch Unsuccessful")[0]["detail"]["StatusMessage"] == "no room"
    tell("POST", {}, {"launch_failure": {"message": None}})
    world.until(lambda: world.health() == ["unhealthy"])
    with pytest.raises(ValueError, match="unknown: images"):
        tell("POST", {}, {"images": []})


def test_a_group_with_instances_is_deleted_by_force_only(world: World) -> None:
    world.group()
    world.settled()
    with pytest.raises(ClientError, match="ResourceInUse"):
        world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="checkout")
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="checkout", ForceDelete=True)
    assert world.described()["Status"] == "Delete in progress"
    world.until(lambda: world.described() is None)
    assert len(world.told("Terminate Successful")) == 2
    world.group(desired=0)
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="checkout")
    assert world.described() is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"MinSize": 3, "MaxSize": 2}, "Max bound, 2, must be greater than or equal to min bound, 3"),
        (
            {"DesiredCapacity": 9},
            "Desired capacity:9 must be between the specified min size:0 and max size:4",
        ),
        ({"LaunchTemplate": {"LaunchTemplateName": "checkout", "Version": "7"}}, "valid fully-formed"),
    ],
)
def test_sizes_and_versions_that_aws_refuses_are_refused(
    world: World, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        world.group(**given)
    world.group(desired=0)
    before = world.described()
    with pytest.raises(ClientError, match=message):
        world.autoscaling.update_auto_scaling_group(AutoScalingGroupName="checkout", **given)
    assert world.described() == before


def test_groups_and_target_groups_must_exist_and_be_new(world: World) -> None:
    world.group(desired=0)
    with pytest.raises(ClientError, match="AlreadyExists"):
        world.group(desired=0)
    with pytest.raises(ClientError, match="Target Groups may not be valid"):
        world.group("other", TargetGroupARNs=[world.blue + "x"])
    with pytest.raises(ClientError, match="AutoScalingGroup name not found"):
        world.autoscaling.set_desired_capacity(AutoScalingGroupName="nobody", DesiredCapacity=1)
    with pytest.raises(ClientError, match="value 9 is above max value 4"):
        world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=9)


def test_a_new_maximum_lowers_the_desired_capacity(world: World) -> None:
    world.group()
    world.settled()
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName="checkout", MaxSize=1)
    assert world.described()["DesiredCapacity"] == 1
    world.settled(1)


@pytest.mark.parametrize("by", ["rule", "listener"])
def test_a_forward_that_aws_refuses_is_refused(world: World, by: str) -> None:
    def forward(arn: str, weight: int) -> None:
        groups: Any = [{"TargetGroupArn": world.blue, "Weight": 1}, {"TargetGroupArn": arn, "Weight": weight}]
        actions: Any = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
        if by == "rule":
            world.elb.modify_rule(RuleArn=world.rule, Actions=actions)
        else:
            world.elb.modify_listener(ListenerArn=world.listener, DefaultActions=actions)

    green = world.target_group("green")
    with pytest.raises(ClientError, match="TargetGroupNotFound"):
        forward(green + "x", 1)
    with pytest.raises(ClientError, match="ValidationError"):
        forward(green, 1000)
    forward(green, 999)


def test_the_default_rule_is_changed_through_its_listener_only(world: World) -> None:
    rules = world.elb.describe_rules(ListenerArn=world.listener)["Rules"]
    default = next(rule["RuleArn"] for rule in rules if rule["IsDefault"])
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        world.elb.modify_rule(RuleArn=default, Actions=[{"Type": "forward", "TargetGroupArn": world.blue}])
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        world.elb.delete_rule(RuleArn=default)


def test_a_forward_is_shown_in_both_forms(world: World) -> None:
    [action] = world.elb.describe_rules(RuleArns=[world.rule])["Rules"][0]["Actions"]
    assert action["TargetGroupArn"] == world.blue
    assert action["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": world.blue, "Weight": 1}]
    assert action["ForwardConfig"]["TargetGroupStickinessConfig"] == {"Enabled": False}


def test_a_target_group_in_use_is_not_deleted(world: World) -> None:
    with pytest.raises(ClientError, match="ResourceInUse"):
        world.elb.delete_target_group(TargetGroupArn=world.blue)


def test_only_instances_that_exist_become_targets(world: World) -> None:
    with pytest.raises(ClientError, match="InvalidTarget"):
        world.elb.register_targets(TargetGroupArn=world.blue, Targets=[{"Id": "i-0123456789abcdef0"}])
    world.elb.deregister_targets(TargetGroupArn=world.blue, Targets=[{"Id": "i-0123456789abcdef0"}])


def test_a_launch_template_version_is_merged_with_its_source_and_can_be_deleted(world: World) -> None:
    for image in ("ami-2", "ami-3"):
        world.ec2.create_launch_template_version(
            LaunchTemplateName="checkout", SourceVersion="$Latest", LaunchTemplateData={"ImageId": image}
        )
    shown = world.ec2.describe_launch_template_versions(LaunchTemplateName="checkout", Versions=["3"])
    data = shown["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert (data["ImageId"], data["InstanceType"], data["UserData"]) == ("ami-3", "t3.micro", "aGk=")
    answer = world.ec2.delete_launch_template_versions(
        LaunchTemplateName="checkout", Versions=["3", "1", "9"]
    )
    deleted = answer["SuccessfullyDeletedLaunchTemplateVersions"]
    kept = answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    assert [each["VersionNumber"] for each in deleted] == [3]
    assert [each["VersionNumber"] for each in kept] == [1, 9]
    version = world.ec2.create_launch_template_version(
        LaunchTemplateName="checkout", LaunchTemplateData={"ImageId": "ami-4"}
    )["LaunchTemplateVersion"]
    assert version["VersionNumber"] == 4
    with pytest.raises(ClientError, match="VersionNotFound"):
        world.ec2.describe_launch_template_versions(LaunchTemplateName="checkout", Versions=["3"])
    later = world.ec2.describe_launch_template_versions(
        LaunchTemplateName="checkout", MinVersion="3", MaxVersion="4"
    )
    assert [each["VersionNumber"] for each in later["LaunchTemplateVersions"]] == [4]


def test_one_client_token_makes_one_launch_template_version(world: World) -> None:
    made = [
        world.ec2.create_launch_template_version(
            LaunchTemplateName="checkout", LaunchTemplateData={"ImageId": "ami-2"}, ClientToken=token
        )["LaunchTemplateVersion"]["VersionNumber"]
        for token in ("first", "first", "second")
    ]
    assert made == [2, 2, 3]


def checks(**given: Any) -> Checks:
    defaults = {"checked_since": 100, "passing": True, "passing_since": 0, "pass_after": 10, "fail_after": 4}
    return Checks(**{**defaults, **given})


@pytest.mark.parametrize(
    ("given", "now", "state"),
    [
        (checks(), 101, Health("initial", "Elb.RegistrationInProgress")),
        (checks(), 109, Health("initial", "Elb.InitialHealthChecking")),
        (checks(), 110, Health("healthy")),
        (checks(passing=False), 104, Health("unhealthy", "Target.FailedHealthChecks")),
        (checks(passing=False, passing_since=120), 121, Health("healthy")),
        (checks(passing=False, passing_since=120), 124, Health("unhealthy", "Target.FailedHealthChecks")),
        (checks(passing=False, passing_since=105), 106, Health("initial", "Elb.InitialHealthChecking")),
        (checks(passing_since=120), 129, Health("unhealthy", "Target.FailedHealthChecks")),
        (checks(passing_since=120), 130, Health("healthy")),
    ],
)
def test_health_follows_the_checks(given: Checks, now: float, state: Health) -> None:
    assert checked_health(given, now) == state
