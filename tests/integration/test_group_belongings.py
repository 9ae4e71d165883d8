"""What belongs to an Auto Scaling group, as the adapter reads it, and as it is written for a copy."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from signalbox.aws import clients
from signalbox.aws.platforms.autoscaling import followers_of, read_groups
from signalbox.aws.platforms.carried import read_carried
from signalbox.aws.platforms.volumes import attached_devices
from signalbox.aws.writer import AwsWriter
from signalbox.rollouts.estate import Carried, Group
from signalbox.rollouts.writes import (
    copy_group,
    delete_group,
    delete_warm_pool,
    put_scaling_policy,
    put_scheduled_actions,
    put_warm_pool,
    set_group,
)
from tests.integration.estate_world import REGION, World

COPY = "checkout-sb-1"
TARGET: Any = {
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
    "TargetValue": 50.0,
}
STEPS: Any = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]


@pytest.fixture
def world(estate_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    clients._made.cache_clear()
    yield estate_world
    clients._made.cache_clear()


def mixed(world: World, *overrides: dict[str, Any]) -> dict[str, Any]:
    specification = {"LaunchTemplateName": "checkout", "Version": "1"}
    return {"LaunchTemplateSpecification": specification, "Overrides": list(overrides)}


def read(name: str = "checkout") -> Group:
    groups, unsupported = read_groups([name])
    assert not unsupported
    return groups[name]


def furnish(world: World) -> None:
    """A group with one of each."""
    world.group(NewInstancesProtectedFromScaleIn=True, LifecycleHookSpecificationList=[hook()])
    world.autoscaling.put_scaling_policy(
        AutoScalingGroupName="checkout",
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=TARGET,
    )
    later = datetime(2030, 1, 1, 8, tzinfo=UTC)
    actions: list[Any] = [
        {"ScheduledActionName": "once", "StartTime": later, "MinSize": 1},
        {"ScheduledActionName": "nightly", "StartTime": later, "Recurrence": "0 20 * * *", "MaxSize": 9},
    ]
    for action in actions:
        world.autoscaling.put_scheduled_update_group_action(AutoScalingGroupName="checkout", **action)
    world.autoscaling.put_warm_pool(AutoScalingGroupName="checkout", MinSize=1, PoolState="Stopped")


def hook() -> Any:
    return {
        "LifecycleHookName": "leave",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 30,
        "DefaultResult": "CONTINUE",
    }


def make_copy(world: World) -> Carried:
    """Everything that belongs to the group, written for a copy."""
    group, carried = read(), read_carried("checkout")
    green = world.target_group("green")
    write = copy_group(
        group, name=COPY, target_group=green, version="1", size=1, rollout_id="r-1", hooks=carried.hooks
    )
    policies = [put_scaling_policy(COPY, policy) for policy in carried.policies]
    pool = put_warm_pool(COPY, group.warm_pool)
    for each in (write, *policies, put_scheduled_actions(COPY, carried.actions), pool):
        AwsWriter().apply(each)
    return carried


def test_all_that_belongs_to_a_group_is_read_as_it_is_written(world: World) -> None:
    furnish(world)
    assert read_carried("checkout") == Carried(
        hooks=(hook(),),
        policies=(
            {
                "PolicyName": "cpu",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingConfiguration": TARGET,
            },
        ),
        actions=(
            {"ScheduledActionName": "once", "StartTime": "2030-01-01T08:00:00.000Z", "MinSize": 1},
            {"ScheduledActionName": "nightly", "Recurrence": "0 20 * * *", "MaxSize": 9},
        ),
    )
    assert read().warm_pool == {"MinSize": 1, "PoolState": "Stopped"}


def test_a_copy_has_the_same_and_takes_it_away_with_it(world: World) -> None:
    furnish(world)
    carried = make_copy(world)
    assert read_carried(COPY) == carried
    assert read(COPY).warm_pool == read().warm_pool
    world.until(lambda: [i.protected for i in read(COPY).instances] == [True])
    copy = read(COPY)
    AwsWriter().apply(set_group(copy, min_size=0, max_size=0, desired=0))
    world.pass_time(10)
    assert len(read(COPY).instances) == 1  # protected from scale-in
    world.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=copy.instances[0].id, ShouldDecrementDesiredCapacity=False
    )
    world.until(lambda: read(COPY).instances == ())
    with pytest.raises(ClientError, match="warm pool"):
        world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=COPY)
    AwsWriter().apply(delete_warm_pool(COPY))
    AwsWriter().apply(delete_group(COPY))
    for call in (world.autoscaling.delete_warm_pool, world.autoscaling.describe_warm_pool):
        with pytest.raises(ClientError, match=f"AutoScalingGroup '{COPY}' not found"):
            call(AutoScalingGroupName=COPY)
    assert read_groups([COPY]) == ({}, {})
    assert read_carried(COPY) == Carried()
    assert read_carried("checkout") == carried


def test_an_action_whose_moment_has_passed_is_left_out(world: World) -> None:
    world.group()
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    late = {"ScheduledActionName": "late", "StartTime": past, "MinSize": 1}
    daily = {"ScheduledActionName": "daily", "Recurrence": "0 8 * * *", "MinSize": 1}
    AwsWriter().apply(put_scheduled_actions("checkout", [late, daily]))
    assert read_carried("checkout").actions == (daily,)


def test_the_alarms_that_people_made_for_a_policy_are_known(world: World) -> None:
    world.group()
    world.autoscaling.put_scaling_policy(
        AutoScalingGroupName="checkout",
        PolicyName="up",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        StepAdjustments=STEPS,
    )
    carried = read_carried("checkout")
    assert carried.policies[0]["StepAdjustments"] == STEPS
    assert carried.alarms == {}  # moto knows of none: tests/unit has the rest


def test_a_mixed_instances_policy_is_read_and_a_version_put_into_it(world: World) -> None:
    policy: Any = {"LaunchTemplate": mixed(world, {"InstanceType": "t3.micro"})}
    world.group(LaunchTemplate={}, MixedInstancesPolicy=policy)
    world.settled()
    group = read()
    assert (group.template_version, group.resolved_version) == ("1", "1")
    assert [i.version for i in group.instances] == ["1", "1"]
    data: Any = {"ImageId": "ami-better", "InstanceType": "t3.micro"}
    world.ec2.create_launch_template_version(LaunchTemplateName="checkout", LaunchTemplateData=data)
    AwsWriter().apply(set_group(group, version="2", min_size=1))
    changed = read()
    assert (changed.template_version, changed.min) == ("2", 1)
    template: Any = changed.mixed["LaunchTemplate"]
    assert template["Overrides"] == [{"InstanceType": "t3.micro"}]
    AwsWriter().apply(set_group(changed, desired=3))
    world.settled(3)
    assert sorted(i.version for i in read().instances) == ["1", "1", "2"]


def test_an_override_with_a_launch_template_of_its_own_is_refused_by_name(world: World) -> None:
    data: Any = {"ImageId": "ami-other", "InstanceType": "t3.micro"}
    made = world.ec2.create_launch_template(LaunchTemplateName="other", LaunchTemplateData=data)
    other = made["LaunchTemplate"]["LaunchTemplateId"]
    own = {"LaunchTemplateSpecification": {"LaunchTemplateId": other, "Version": "1"}}
    world.group(LaunchTemplate={}, MixedInstancesPolicy={"LaunchTemplate": mixed(world, own)})
    _, unsupported = read_groups(["checkout"])
    assert other in unsupported["checkout"]


def test_another_mixed_group_that_follows_the_latest_version_is_found(world: World) -> None:
    latest: Any = mixed(world)
    latest["LaunchTemplateSpecification"]["Version"] = "$Latest"
    world.group()
    world.group("other", LaunchTemplate={}, MixedInstancesPolicy={"LaunchTemplate": latest})
    template = read().template_id
    assert followers_of([template], ["checkout"]) == {template: ("other",)}


def test_what_somebody_attached_to_an_instance_is_seen(world: World) -> None:
    world.group()
    world.settled()
    instance = world.described()["Instances"][0]
    zone = instance["AvailabilityZone"]
    volume = world.ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    assert attached_devices(["checkout"]) == {"checkout": frozenset()}
    world.ec2.attach_volume(VolumeId=volume, InstanceId=instance["InstanceId"], Device="/dev/sdf")
    assert attached_devices(["checkout", "other"]) == {"checkout": {"/dev/sdf"}}
