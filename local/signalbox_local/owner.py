"""What the owner of a service makes with boto3, piece by piece, and how it waits until it is well."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Aws = Callable[[str], Any]
MANAGED = {"Key": "signalbox:managed", "Value": "true"}
PATIENCE = 60.0  # seconds until a new group is healthy
LOOK_EVERY = 0.2
NOTHING: Mapping[str, object] = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group as its owner asks for it; `template` is an id, of which it runs version 1."""

    name: str
    size: int
    most: int
    template: str
    target_group: str
    subnets: Sequence[str]
    tags: Sequence[Mapping[str, str]] = (MANAGED,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """A target group as its owner asks for it; times in seconds."""

    name: str
    interval: int = 5
    timeout: int = 2
    attributes: Mapping[str, str]
    tags: Sequence[Mapping[str, str]] = (MANAGED,)


def make_image(aws: Aws, name: str) -> str:
    """The id of a new AMI."""
    answer = aws("ec2").register_image(Name=f"{name}-{time.time_ns()}", RootDeviceName="/dev/xvda")
    return str(answer["ImageId"])


def make_template(aws: Aws, name: str, image: str) -> str:
    """The id of a launch template whose version 1 runs the image."""
    data = {"ImageId": image, "InstanceType": "t4g.micro"}
    tags = [{"ResourceType": "launch-template", "Tags": [MANAGED]}]
    answer = aws("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=data, TagSpecifications=tags
    )
    return str(answer["LaunchTemplate"]["LaunchTemplateId"])


def two_subnets(aws: Aws) -> list[str]:
    """Of the default VPC, in two zones."""
    return [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"]][:2]


def make_targets(aws: Aws, wanted: Targets) -> str:
    """The ARN of a new target group; two checks in a row decide."""
    made = aws("elbv2").create_target_group(
        Name=wanted.name,
        Protocol="HTTP",
        Port=80,
        VpcId=aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"],
        HealthCheckIntervalSeconds=wanted.interval,
        HealthCheckTimeoutSeconds=wanted.timeout,
        HealthyThresholdCount=2,
        Tags=list(wanted.tags),
    )["TargetGroups"][0]
    attributes = [{"Key": key, "Value": value} for key, value in wanted.attributes.items()]
    aws("elbv2").modify_target_group_attributes(TargetGroupArn=made["TargetGroupArn"], Attributes=attributes)
    return str(made["TargetGroupArn"])


def make_balancer(aws: Aws, name: str, subnets: Sequence[str]) -> dict[str, Any]:
    """A load balancer, as AWS describes it."""
    made: dict[str, Any] = aws("elbv2").create_load_balancer(Name=name, Subnets=list(subnets))
    return dict(made["LoadBalancers"][0])


def make_listener(aws: Aws, balancer: str, action: Mapping[str, object], port: int = 80) -> str:
    """The ARN of a listener with that default action."""
    answer = aws("elbv2").create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=[action], Tags=[MANAGED]
    )
    return str(answer["Listeners"][0]["ListenerArn"])


def make_rule(
    aws: Aws, listener: str, priority: int, condition: tuple[str, str], action: Mapping[str, object]
) -> str:
    """The ARN of a rule; the condition is a field such as `path-pattern`, and its one value."""
    answer = aws("elbv2").create_rule(
        ListenerArn=listener,
        Priority=priority,
        Conditions=[{"Field": condition[0], "Values": [condition[1]]}],
        Actions=[action],
        Tags=[MANAGED],
    )
    return str(answer["Rules"][0]["RuleArn"])


def make_zone(aws: Aws, name: str) -> str:
    """The id of a new hosted zone."""
    made = aws("route53").create_hosted_zone(Name=name, CallerReference=f"{name}{time.time_ns()}")
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]


def make_records(aws: Aws, zone: str, name: str, targets: Mapping[str, str], ttl: int) -> None:
    """Weighted records by set identifier, each to another name; all weight is on the first."""
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": name,
                "Type": "CNAME",
                "TTL": ttl,
                "SetIdentifier": side,
                "Weight": 0 if place else 100,
                "ResourceRecords": [{"Value": target}],
            },
        }
        for place, (side, target) in enumerate(targets.items())
    ]
    aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def forwarding(target_groups: Sequence[str], *, sticky: bool = False) -> dict[str, object]:
    """All traffic to the first target group; `sticky`: a client stays with its target group."""
    weighted = [
        {"TargetGroupArn": arn, "Weight": 100 if place == 0 else 0} for place, arn in enumerate(target_groups)
    ]
    config: dict[str, object] = {"TargetGroups": weighted}
    if sticky:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": 300}
    return {"Type": "forward", "ForwardConfig": config}


def make_group(aws: Aws, wanted: Group) -> None:
    """Tagged by its owner; the tags go on to its instances."""
    resource = {"ResourceId": wanted.name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=wanted.name,
        MinSize=min(2, wanted.size),
        MaxSize=wanted.most,
        DesiredCapacity=wanted.size,
        LaunchTemplate={"LaunchTemplateId": wanted.template, "Version": "1"},
        TargetGroupARNs=[wanted.target_group],
        VPCZoneIdentifier=",".join(wanted.subnets),
        Tags=[{**tag, **resource} for tag in wanted.tags],
    )


def balancer_dimension(arn: str) -> str:
    """How CloudWatch names a load balancer: `app/name/id`."""
    return arn.split(":loadbalancer/")[1]


def targets_dimension(arn: str) -> str:
    """How CloudWatch names a target group: `targetgroup/name/id`."""
    return arn.rsplit(":", 1)[1]


def await_healthy(aws: Aws, target_group: str, size: int, patience: float = PATIENCE) -> None:
    """Returns when so many targets are healthy; raises TimeoutError."""
    deadline = time.monotonic() + patience
    while healthy_targets(aws, target_group) < size:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{target_group} has not become healthy")
        time.sleep(LOOK_EVERY)


def healthy_targets(aws: Aws, target_group: str) -> int:
    """How many targets are healthy now."""
    found = aws("elbv2").describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return sum(1 for target in found if target["TargetHealth"]["State"] == "healthy")


def await_alarms_looked(aws: Aws, alarms: Sequence[str], patience: float) -> tuple[str, ...]:
    """Returns when every alarm has data, at the latest after `patience` seconds; those that have none."""
    deadline = time.monotonic() + patience
    while True:
        found = aws("cloudwatch").describe_alarms(AlarmNames=list(alarms))["MetricAlarms"] if alarms else []
        blind = tuple(one["AlarmName"] for one in found if one["StateValue"] == "INSUFFICIENT_DATA")
        if not blind or time.monotonic() > deadline:
            return blind
        time.sleep(LOOK_EVERY)
