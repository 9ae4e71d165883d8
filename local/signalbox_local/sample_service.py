"""A service as its owner would make it with boto3: launch template, group behind a load balancer, alarm."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Aws = Callable[[str], Any]
MANAGED = {"Key": "signalbox:managed", "Value": "true"}
PATIENCE = 60  # seconds until a new group is healthy
_NOTHING: dict[str, object] = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleService:
    """What was made. `images` are AMI ids by the name of the version; the group runs the first."""

    name: str
    region: str
    images: dict[str, str]
    template: str
    load_balancer: str
    listener: str
    rules: tuple[str, ...]
    groups: tuple[str, ...]
    target_groups: tuple[str, ...]
    alarm: str

    @property
    def references(self) -> tuple[str, ...]:
        """What sends traffic to it: its rules or, without any, the listener by its default action."""
        return self.rules or (self.listener,)

    def spec(self, **changes: object) -> dict[str, object]:
        """The registration: canary by default; whole fields can be replaced."""
        traffic: dict[str, object] = {"router": "alb"}
        if not self.rules:
            traffic["listener_arn"] = self.listener
        elif len(self.rules) == 1:
            traffic["listener_rule_arn"] = self.rules[0]
        else:
            traffic["rules"] = list(self.rules)
        platform: dict[str, object] = {"kind": "autoscaling", "region": self.region}
        if len(self.groups) == 1:
            platform["group"] = self.groups[0]
            traffic["target_group_arn"] = self.target_groups[0]
        else:
            pairs = zip(self.groups, self.target_groups, strict=True)
            platform["slots"] = [{"group": group, "target_group_arn": arn} for group, arn in pairs]
        spec: dict[str, object] = {
            "name": self.name,
            "owner": "payments",
            "platform": platform,
            "traffic": traffic,
            "strategy": {"preset": "canary", "canary": 1, "bake": "10s", "batch": 50},
            "guards": {"alarms": [self.alarm], "min_healthy_percent": 75},
        }
        return {**spec, **changes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the service should look like. `slots` makes two groups, the second one empty; with `rules` 0 the
    listener sends traffic by its default action."""

    name: str
    size: int = 4
    slots: bool = False
    rules: int = 1
    sticky: bool = False
    versions: tuple[str, ...] = ("v1", "v2", "v3")
    draining: int = 1
    tags: tuple[dict[str, str], ...] = (MANAGED,)


def make_service(aws: Aws, wish: Wish) -> SampleService:
    """Make it, and wait until all instances are healthy. `aws` makes a client for a service's name."""
    images = {version: _image(aws, f"{wish.name}-{version}") for version in wish.versions}
    template = _template(aws, wish.name, images[wish.versions[0]])
    names = (f"{wish.name}-blue", f"{wish.name}-green") if wish.slots else (wish.name,)
    subnets = _subnets(aws)
    target_groups = tuple(_target_group(aws, name, wish) for name in names)
    balancer = aws("elbv2").create_load_balancer(Name=wish.name, Subnets=subnets)["LoadBalancers"][0]
    default = _NOTHING if wish.rules else _forward(target_groups, wish)
    listener = _listener(aws, balancer["LoadBalancerArn"], default)
    rules = tuple(_rule(aws, listener, number, target_groups, wish) for number in range(wish.rules))
    for number, (name, target_group) in enumerate(zip(names, target_groups, strict=True)):
        _group(aws, wish, name, 0 if number else wish.size, (template, target_group, subnets))
    alarm = _alarm(aws, wish.name, balancer["LoadBalancerArn"], target_groups[0])
    _until_healthy(aws, target_groups[0], wish.size)
    return SampleService(
        name=wish.name,
        region=aws("ec2").meta.region_name,
        images=images,
        template=template,
        load_balancer=balancer["LoadBalancerArn"],
        listener=listener,
        rules=rules,
        groups=names,
        target_groups=target_groups,
        alarm=alarm,
    )


def _image(aws: Aws, name: str) -> str:
    answer = aws("ec2").register_image(Name=f"{name}-{time.time_ns()}", RootDeviceName="/dev/xvda")
    return str(answer["ImageId"])


def _template(aws: Aws, name: str, image: str) -> str:
    data = {"ImageId": image, "InstanceType": "t4g.micro"}
    tags = [{"ResourceType": "launch-template", "Tags": [MANAGED]}]
    answer = aws("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=data, TagSpecifications=tags
    )
    return str(answer["LaunchTemplate"]["LaunchTemplateId"])


def _subnets(aws: Aws) -> list[str]:
    return [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"]][:2]


def _target_group(aws: Aws, name: str, wish: Wish) -> str:
    made = aws("elbv2").create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=80,
        VpcId=aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"],
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        Tags=list(wish.tags),
    )["TargetGroups"][0]
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(wish.draining)}]
    aws("elbv2").modify_target_group_attributes(TargetGroupArn=made["TargetGroupArn"], Attributes=attributes)
    return str(made["TargetGroupArn"])


def _listener(aws: Aws, balancer: str, default: dict[str, object]) -> str:
    answer = aws("elbv2").create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[default], Tags=[MANAGED]
    )
    return str(answer["Listeners"][0]["ListenerArn"])


def _forward(target_groups: tuple[str, ...], wish: Wish) -> dict[str, object]:
    weighted = [
        {"TargetGroupArn": arn, "Weight": 100 if place == 0 else 0} for place, arn in enumerate(target_groups)
    ]
    config: dict[str, object] = {"TargetGroups": weighted}
    if wish.sticky:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": 300}
    return {"Type": "forward", "ForwardConfig": config}


def _rule(aws: Aws, listener: str, number: int, target_groups: tuple[str, ...], wish: Wish) -> str:
    answer = aws("elbv2").create_rule(
        ListenerArn=listener,
        Priority=10 + number,
        Conditions=[{"Field": "path-pattern", "Values": [f"/{number}/*" if number else "/*"]}],
        Actions=[_forward(target_groups, wish)],
        Tags=[MANAGED],
    )
    return str(answer["Rules"][0]["RuleArn"])


def _group(aws: Aws, wish: Wish, name: str, size: int, made: tuple[str, str, list[str]]) -> None:
    template, target_group, subnets = made
    resource = {"ResourceId": name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=min(2, size),
        MaxSize=2 * wish.size,
        DesiredCapacity=size,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        TargetGroupARNs=[target_group],
        VPCZoneIdentifier=",".join(subnets),
        Tags=[{**tag, **resource} for tag in wish.tags],
    )


def _alarm(aws: Aws, name: str, balancer: str, target_group: str) -> str:
    aws("cloudwatch").put_metric_alarm(
        AlarmName=f"{name}-5xx",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=[
            {"Name": "LoadBalancer", "Value": balancer.split(":loadbalancer/")[1]},
            {"Name": "TargetGroup", "Value": target_group.rsplit(":", 1)[1]},
        ],
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return f"{name}-5xx"


def _until_healthy(aws: Aws, target_group: str, size: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while _healthy(aws, target_group) < size:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{target_group} has not become healthy")
        time.sleep(0.2)


def _healthy(aws: Aws, target_group: str) -> int:
    found = aws("elbv2").describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return sum(1 for target in found if target["TargetHealth"]["State"] == "healthy")


def put_errors(aws: Aws, alarm: str, count: int) -> None:
    """Put the metric that an alarm looks at, with the alarm's own dimensions."""
    for found in aws("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]:
        datum = {"MetricName": found["MetricName"], "Dimensions": found["Dimensions"], "Value": float(count)}
        aws("cloudwatch").put_metric_data(Namespace=found["Namespace"], MetricData=[datum])
