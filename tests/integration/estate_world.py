"""Auto Scaling and load balancing of the local runtime in one process, by the test's own clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from signalbox_local.estate import Estate, EstateSettings
from signalbox_local.moto_seams import Seams, estate_life

ACCOUNT, REGION = "123456789012", "eu-west-1"
SETTINGS = EstateSettings(boot=1, longest_health_check=2, longest_drain=2, termination=1, launch_retry=2)
STEP_SECONDS, PATIENCE_SECONDS = 0.5, 60


class World:
    """A load balancer with one rule, target groups on request, and clients as a user has them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.now = 1000.0
        self.estate = Estate(self.events.append, ACCOUNT, REGION, SETTINGS, lambda: self.now)
        self.ec2 = boto3.client("ec2", REGION)
        self.autoscaling = boto3.client("autoscaling", REGION)
        self.elb = boto3.client("elbv2", REGION)

    def build(self) -> None:
        """After the seams: a load balancer, a rule to the target group `blue`, a launch template."""
        vpcs = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        self.vpc = vpcs[0]["VpcId"]
        subnets = self.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["Subnets"]
        self.subnets = [each["SubnetId"] for each in subnets][:2]
        balancer = self.elb.create_load_balancer(Name="shop", Subnets=self.subnets)["LoadBalancers"][0]
        self.balancer = balancer["LoadBalancerArn"]
        self.blue = self.target_group("blue")
        fixed: Any = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
        self.listener = self.elb.create_listener(
            LoadBalancerArn=self.balancer, Protocol="HTTP", Port=80, DefaultActions=fixed
        )["Listeners"][0]["ListenerArn"]
        self.rule = self.elb.create_rule(
            ListenerArn=self.listener, Priority=1, Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": self.blue}],
        )["Rules"][0]["RuleArn"]  # fmt: skip
        self.ec2.create_launch_template(
            LaunchTemplateName="checkout",
            LaunchTemplateData={"ImageId": "ami-good", "InstanceType": "t3.micro", "UserData": "aGk="},
        )

    def target_group(self, name: str) -> str:
        group = self.elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc)
        return group["TargetGroups"][0]["TargetGroupArn"]

    def group(self, name: str = "checkout", desired: int = 2, **given: Any) -> None:
        defaults: dict[str, Any] = {
            "AutoScalingGroupName": name, "MinSize": 0, "MaxSize": 4, "DesiredCapacity": desired,
            "LaunchTemplate": {"LaunchTemplateName": "checkout", "Version": "1"},
            "VPCZoneIdentifier": ",".join(self.subnets), "TargetGroupARNs": [self.blue],
        }  # fmt: skip
        self.autoscaling.create_auto_scaling_group(**{**defaults, **given})

    def described(self, name: str = "checkout") -> Any:
        found = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return next(iter(found["AutoScalingGroups"]), None)

    def states(self, name: str = "checkout") -> list[str]:
        return sorted(each["LifecycleState"] for each in self.described(name)["Instances"])

    def ids(self, name: str = "checkout") -> set[str]:
        return {each["InstanceId"] for each in self.described(name)["Instances"]}

    def health(self, arn: str | None = None) -> list[str]:
        answer = self.elb.describe_target_health(TargetGroupArn=arn or self.blue)
        return sorted(each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"])

    def told(self, outcome: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["detail-type"] == f"EC2 Instance {outcome}"]

    def suspend(self, *processes: str) -> None:
        self.autoscaling.suspend_processes(AutoScalingGroupName="checkout", ScalingProcesses=list(processes))

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += STEP_SECONDS
            self.estate.step()

    def until(self, condition: Callable[[], object]) -> None:
        self.estate.step()
        deadline = self.now + PATIENCE_SECONDS
        while not condition():
            assert self.now < deadline, "it did not become so"
            self.pass_time(STEP_SECONDS)

    def settled(self, count: int = 2) -> None:
        self.until(lambda: self.health() == ["healthy"] * count and self.states() == ["InService"] * count)


@contextmanager
def living_estate() -> Iterator[World]:
    """A world whose groups and targets live, with nothing else in its region."""
    seams = Seams()
    world = World()
    estate_life(seams, world.estate)
    for backends in (autoscaling_backends, elbv2_backends, ec2_backends):
        backends[ACCOUNT][REGION].reset()
    world.build()
    yield world
    world.estate.stop()
    seams.undo()
