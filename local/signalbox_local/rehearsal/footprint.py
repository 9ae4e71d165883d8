"""What a service occupies on AWS, read with boto3: as before after a rollout, but for the version."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from signalbox_local.owner import Aws, healthy_targets
from signalbox_local.rehearsal.splits import split


class Standing(Protocol):
    """A service as it stands: its launch template, groups with their target groups, what sends traffic."""

    @property
    def template(self) -> str: ...
    @property
    def groups(self) -> tuple[str, ...]: ...
    @property
    def target_groups(self) -> tuple[str, ...]: ...
    @property
    def references(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPrint:
    """A group: `images` (AMI id → running instances), `size` (min, max, desired), `healthy` targets."""

    images: dict[str, int]
    size: tuple[int, int, int]
    suspended: frozenset[str]
    version: str
    healthy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Of the service: each group by name, the weights by target group of each reference, the versions of the
    launch template. Of the account: every name."""

    own: dict[str, GroupPrint]
    weights: dict[str, dict[str, int]]
    versions: frozenset[str]
    groups: frozenset[str]
    target_groups: frozenset[str]
    balancers: frozenset[str]
    alarms: frozenset[str]
    locks: frozenset[str]

    @property
    def size(self) -> int:
        """Instances that the service wants, over all its groups."""
        return sum(group.size[2] for group in self.own.values())


def footprint(aws: Aws, service: Standing) -> Footprint:
    """As it is now."""
    groups = {g["AutoScalingGroupName"]: g for g in _all_groups(aws)}
    versions = aws("ec2").describe_launch_template_versions(LaunchTemplateId=service.template)
    target_groups = aws("elbv2").describe_target_groups()["TargetGroups"]
    balancers = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    pairs = zip(service.groups, service.target_groups, strict=True)
    return Footprint(
        own={name: _group(aws, groups[name], target_group) for name, target_group in pairs},
        weights={arn: split(aws, arn) for arn in service.references},
        versions=frozenset(str(v["VersionNumber"]) for v in versions["LaunchTemplateVersions"]),
        groups=frozenset(groups),
        target_groups=frozenset(group["TargetGroupName"] for group in target_groups),
        balancers=frozenset(balancer["LoadBalancerName"] for balancer in balancers),
        alarms=frozenset(a["AlarmName"] for a in aws("cloudwatch").describe_alarms()["MetricAlarms"]),
        locks=_locks(aws),
    )


def _all_groups(aws: Aws) -> Iterator[dict[str, Any]]:
    for page in aws("autoscaling").get_paginator("describe_auto_scaling_groups").paginate():
        yield from page["AutoScalingGroups"]


def _group(aws: Aws, found: dict[str, Any], target_group: str) -> GroupPrint:
    return GroupPrint(
        images=_images(aws, found),
        size=(found["MinSize"], found["MaxSize"], found["DesiredCapacity"]),
        suspended=frozenset(process["ProcessName"] for process in found["SuspendedProcesses"]),
        version=found["LaunchTemplate"]["Version"],
        healthy=healthy_targets(aws, target_group),
    )


def _images(aws: Aws, group: dict[str, Any]) -> dict[str, int]:
    ids = [instance["InstanceId"] for instance in group["Instances"]]
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    found = aws("ec2").describe_instances(InstanceIds=ids, Filters=running)["Reservations"] if ids else []
    return dict(Counter(instance["ImageId"] for entry in found for instance in entry["Instances"]))


def _locks(aws: Aws) -> frozenset[str]:
    """What Signalbox remembers only while a rollout is open: its locks and the alarms that it watches."""
    table = next(name for name in aws("dynamodb").list_tables()["TableNames"] if "Table" in name)
    pages = aws("dynamodb").get_paginator("scan").paginate(TableName=table)
    keys = (item["pk"]["S"] for page in pages for item in page["Items"])
    return frozenset(key for key in keys if key.startswith(("LOCK#", "ALARM#")))
