"""What a service occupies on AWS, read with boto3: as before after a rollout, but for the version."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from signalbox_local.sample_service import SampleService

Aws = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Of the service's group: `images` (AMI id → running instances), `healthy` targets, `size` (min, max,
    desired), suspended processes. Of its rule: weights by target group. Of the account: every name."""

    images: dict[str, int]
    healthy: int
    weights: dict[str, int]
    size: tuple[int, int, int]
    suspended: frozenset[str]
    version: str
    versions: frozenset[str]
    groups: frozenset[str]
    target_groups: frozenset[str]
    alarms: frozenset[str]
    locks: frozenset[str]


def footprint(aws: Aws, service: SampleService) -> Footprint:
    """As it is now."""
    groups = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    group = next(group for group in groups if group["AutoScalingGroupName"] == service.groups[0])
    versions = aws("ec2").describe_launch_template_versions(LaunchTemplateId=service.template)
    target_groups = aws("elbv2").describe_target_groups()["TargetGroups"]
    return Footprint(
        images=_images(aws, group),
        healthy=_healthy(aws, service.target_groups[0]),
        weights=_weights(aws, service.rules[0]),
        size=(group["MinSize"], group["MaxSize"], group["DesiredCapacity"]),
        suspended=frozenset(process["ProcessName"] for process in group["SuspendedProcesses"]),
        version=group["LaunchTemplate"]["Version"],
        versions=frozenset(str(v["VersionNumber"]) for v in versions["LaunchTemplateVersions"]),
        groups=frozenset(group["AutoScalingGroupName"] for group in groups),
        target_groups=frozenset(group["TargetGroupName"] for group in target_groups),
        alarms=frozenset(a["AlarmName"] for a in aws("cloudwatch").describe_alarms()["MetricAlarms"]),
        locks=_locks(aws),
    )


def _images(aws: Aws, group: dict[str, Any]) -> dict[str, int]:
    ids = [instance["InstanceId"] for instance in group["Instances"]]
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    found = aws("ec2").describe_instances(InstanceIds=ids, Filters=running)["Reservations"]
    return dict(Counter(instance["ImageId"] for entry in found for instance in entry["Instances"]))


def _healthy(aws: Aws, target_group: str) -> int:
    found = aws("elbv2").describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return sum(1 for target in found if target["TargetHealth"]["State"] == "healthy")


def _weights(aws: Aws, rule: str) -> dict[str, int]:
    action = aws("elbv2").describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][-1]
    return {entry["TargetGroupArn"]: entry["Weight"] for entry in action["ForwardConfig"]["TargetGroups"]}


def _locks(aws: Aws) -> frozenset[str]:
    """What Signalbox remembers only while a rollout is open: its locks and the alarms that it watches."""
    table = next(name for name in aws("dynamodb").list_tables()["TableNames"] if "Table" in name)
    pages = aws("dynamodb").get_paginator("scan").paginate(TableName=table)
    keys = (item["pk"]["S"] for page in pages for item in page["Items"])
    return frozenset(key for key in keys if key.startswith(("LOCK#", "ALARM#")))
