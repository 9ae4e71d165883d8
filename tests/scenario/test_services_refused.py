"""What AWS or preflight says against a service or a rollout: 422, each by its name; nothing is stored."""

from collections.abc import Iterator

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.conftest import LocalRuntime
from tests.scenario.refusals import put, refused, send_signed, start, traffic
from tests.scenario.world import World, eventually


@pytest.fixture(scope="module")
def service(runtime: LocalRuntime) -> SampleService:
    """A registered service that nothing rolls out; every refusal is tried on it."""
    world = World(runtime)
    made = world.service(size=1, rules=2)
    world.register(made)
    return made


@pytest.fixture(autouse=True)
def _stores_nothing(world: World, service: SampleService) -> Iterator[None]:
    """A refused call leaves the table as it was."""
    before = world.items()
    yield
    assert world.items() == before


def test_what_does_not_exist_is_named_all_at_once(world: World, service: SampleService) -> None:
    gone = service.target_groups[0][:-4] + "dead"
    told = put(
        world,
        service,
        422,
        platform={"kind": "autoscaling", "group": "no-group", "region": service.region},
        traffic={"router": "alb", "rules": [service.rules[0][:-4] + "dead"], "target_group_arn": gone},
        guards={"alarms": [service.alarm, "no-alarm"]},
    )
    assert "no-group does not exist" in told["platform.group"]
    assert f"{gone} does not exist" in told["traffic.target_group_arn"]
    assert "does not exist" in told["traffic.rules.0"]
    assert told["guards.alarms.1"].startswith("alarm no-alarm does not exist")
    assert "guards.alarms.0" not in told


def test_another_region_or_account_is_refused(world: World, service: SampleService) -> None:
    elsewhere = service.target_groups[0].replace("eu-west-1", "us-east-1")
    foreign = [arn.replace(":123456789012:", ":210987654321:") for arn in service.rules]
    told = put(
        world,
        service,
        422,
        platform={"kind": "autoscaling", "group": service.name, "region": "us-east-1"},
        traffic={"router": "alb", "rules": foreign, "target_group_arn": elsewhere},
    )
    assert f"use {service.region}" in told["platform.region"]
    for field in ("traffic.target_group_arn", "traffic.rules.0", "traffic.rules.1"):
        assert f"is not in account {world.runtime.account}, region {service.region}" in told[field]


def test_traffic_that_is_not_named_is_refused_by_name(world: World, service: SampleService) -> None:
    told = put(world, service, 422, traffic=traffic(service, rules=[service.rules[0]]))
    assert told == {
        "traffic": f"{service.rules[1]} also sends traffic to the service: name it in traffic.rules"
    }


def test_a_rule_that_sends_traffic_elsewhere_is_refused(world: World, service: SampleService) -> None:
    told = put(world, service, 422, traffic=traffic(service, rules=None, listener_arn=service.listener))
    assert f"does not forward to {service.target_groups[0]}" in told["traffic.listener_arn"]


def test_a_target_group_in_no_listener_is_refused(world: World, service: SampleService) -> None:
    vpc = world.aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = world.aws("elbv2").create_target_group(
        Name=f"{service.name}-idle", Protocol="HTTP", Port=80, VpcId=vpc
    )["TargetGroups"][0]["TargetGroupArn"]
    told = put(world, service, 422, traffic=traffic(service, target_group_arn=made))
    assert f"target group {made} is in no listener" in told["traffic.target_group_arn"]
    assert f"does not serve {made}" in told["platform.group"]


def test_a_launch_template_that_another_group_follows_is_refused(
    world: World, service: SampleService
) -> None:
    world.aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=f"{service.name}-follower",
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateId": service.template, "Version": "$Latest"},
        AvailabilityZones=[f"{service.region}a"],
    )
    try:
        for told in (put(world, service, 422), start(world, service, 422)):
            assert f"followed at $Latest by {service.name}-follower" in told["platform.group"]
    finally:
        world.aws("autoscaling").delete_auto_scaling_group(
            AutoScalingGroupName=f"{service.name}-follower", ForceDelete=True
        )


def test_a_blind_guard_is_a_warning_unless_guards_are_strict(world: World, service: SampleService) -> None:
    world.aws("cloudwatch").put_metric_alarm(
        AlarmName=f"{service.name}-blind",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=[{"Name": "TargetGroup", "Value": "targetgroup/another/0123456789abcdef"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    guards = {"alarms": [f"{service.name}-blind"], "strict": True}
    told = put(world, service, 422, guards=guards)["guards.strict"]
    assert f"{service.name}-blind has no data yet: a dead guard" in told
    assert f"{service.name}-blind cannot see the candidate: a blind guard" in told


def test_a_rollout_is_refused_while_its_alarm_is_red(world: World, service: SampleService) -> None:
    world.raise_alarm(service.alarm)
    told = start(world, service, 422)
    assert told == {"guards.alarms.0": f"alarm {service.alarm} is in ALARM: a story says so"}

    def warned() -> list[str]:
        world.raise_alarm(service.alarm)  # its own evaluation calms it, now and then before it is read
        plan = world.api().request(
            "POST", f"/services/{service.name}/plan", {"version": service.images["v2"]}
        )
        return [warning for warning in plan.body["warnings"] if "is in ALARM" in warning]

    assert eventually(warned)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("ami-00000000000000000", "image ami-00000000000000000 does not exist"),
        ("999", "launch template version 999 does not exist"),
        ("latest", "give an AMI id such as"),
    ],
)
def test_a_version_that_does_not_exist_is_refused(
    world: World, service: SampleService, version: str, said: str
) -> None:
    assert said in start(world, service, 422, version=version)["version"]
    plan = send_signed(world, "POST", f"/services/{service.name}/plan", {"version": version})
    assert said in refused(plan, 422)["version"]


def test_a_slot_without_instances_beside_one_that_has_some_is_refused(world: World) -> None:
    empty = world.service(size=0, slots=True)
    serving, idle = empty.groups
    world.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=idle, MaxSize=1, DesiredCapacity=1
    )
    world.register(empty)
    assert start(world, empty, 422) == {"platform": f"{serving} has no instances: scale it up first"}
    assert world.items("OPEN") == []
    assert world.api().request("DELETE", f"/services/{empty.name}").status == 204


def test_a_group_without_a_launch_template_is_refused(world: World, service: SampleService) -> None:
    groups, old = world.aws("autoscaling"), f"{service.name}-old"
    groups.create_launch_configuration(
        LaunchConfigurationName=old, ImageId=service.images["v1"], InstanceType="t4g.micro"
    )
    groups.create_auto_scaling_group(
        AutoScalingGroupName=old,
        MinSize=0,
        MaxSize=1,
        LaunchConfigurationName=old,
        AvailabilityZones=[f"{service.region}a"],
    )
    told = put(world, service, 422, platform={"kind": "autoscaling", "group": old})
    assert "has a launch configuration: move it to a launch template" in told["platform.group"]
