"""Reads Auto Scaling groups and their launch templates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Group, Instance
from signalbox.rollouts.writes import version_description

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import (
        AutoScalingGroupTypeDef,
        InstanceTypeDef,
        LaunchTemplateSpecificationTypeDef,
    )
    from mypy_boto3_ec2.type_defs import ResponseLaunchTemplateDataTypeDef

# What a faithful copy takes over beside sizes, launch template, target groups and tags.
COPIED = (
    "AvailabilityZones", "VPCZoneIdentifier", "HealthCheckType", "HealthCheckGracePeriod", "DefaultCooldown",
    "TerminationPolicies", "NewInstancesProtectedFromScaleIn", "MaxInstanceLifetime", "CapacityRebalance",
    "ServiceLinkedRoleARN", "DefaultInstanceWarmup", "PlacementGroup", "DesiredCapacityType",
    "InstanceMaintenancePolicy", "AvailabilityZoneDistribution", "AvailabilityZoneImpairmentPolicy",
    "CapacityReservationSpecification",
)  # fmt: skip
DEFAULT_ROLE = "/AWSServiceRoleForAutoScaling"
FOLLOWING = ("$Latest", "$Default")


def read_groups(names: Sequence[str]) -> tuple[dict[str, Group], dict[str, str]]:
    """(groups by name, why a group is not supported by name); a group that does not exist is in neither."""
    groups: dict[str, Group] = {}
    unsupported: dict[str, str] = {}
    for found in _described(names):
        name = found["AutoScalingGroupName"]
        own = _own_templates(found)
        if not _specification(found):
            unsupported[name] = "has a launch configuration: move it to a launch template"
        elif own:
            unsupported[name] = (
                f"has overrides with launch templates of their own ({', '.join(own)}), which a new version"
                " would not reach: let them use the launch template of the group"
            )
        else:
            groups[name] = _group(found)
    return groups, unsupported


def _specification(found: "AutoScalingGroupTypeDef") -> "LaunchTemplateSpecificationTypeDef":
    """The launch template of a group, that of its mixed instances policy when it has one."""
    mixed = found.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    return mixed.get("LaunchTemplateSpecification") or found.get("LaunchTemplate") or {}


def _own_templates(found: "AutoScalingGroupTypeDef") -> list[str]:
    """The launch templates that overrides of a mixed instances policy name instead of the group's."""
    overrides = found.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("Overrides", [])
    named = [each.get("LaunchTemplateSpecification", {}).get("LaunchTemplateId") for each in overrides]
    return [template for template in named if template]


def _described(names: Sequence[str]) -> "Iterator[AutoScalingGroupTypeDef]":
    if not names:
        return
    with aws_errors():
        pages = client("autoscaling").get_paginator("describe_auto_scaling_groups")
        for page in pages.paginate(AutoScalingGroupNames=list(names)):
            yield from page["AutoScalingGroups"]


def _group(found: "AutoScalingGroupTypeDef") -> Group:
    template = _specification(found)
    version = template.get("Version") or "$Default"
    template_id = template.get("LaunchTemplateId", "")
    settings: Mapping[str, object] = dict(found)
    # AWS knows one status of a pool: PendingDelete.
    pool: JsonObject = dict(found.get("WarmPoolConfiguration") or {})
    # Subnets say the zones; the default service-linked role is taken without being passed.
    zones = ("AvailabilityZones",) if found.get("VPCZoneIdentifier") else ()
    default_role = str(found.get("ServiceLinkedRoleARN", "")).endswith(DEFAULT_ROLE)
    left_out = (*zones, *(("ServiceLinkedRoleARN",) if default_role else ()))
    return Group(
        name=found["AutoScalingGroupName"],
        arn=found.get("AutoScalingGroupARN", ""),
        min=found["MinSize"],
        max=found["MaxSize"],
        desired=found["DesiredCapacity"],
        template_id=template_id,
        template_version=version,
        resolved_version=resolve(template_id, version) if version in FOLLOWING else version,
        instances=tuple(_instance(each) for each in found.get("Instances", []) if not _waits(each)),
        target_groups=tuple(found.get("TargetGroupARNs", [])),
        suspended=tuple(sorted(p.get("ProcessName", "") for p in found.get("SuspendedProcesses", []))),
        tags={tag["Key"]: tag.get("Value", "") for tag in found.get("Tags", [])},
        group_only=tuple(tag["Key"] for tag in found.get("Tags", []) if not tag.get("PropagateAtLaunch")),
        copied={
            k: settings[k] for k in COPIED if settings.get(k) not in (None, "", []) and k not in left_out
        },
        mixed=dict(found.get("MixedInstancesPolicy", {})),
        warm_pool={} if pool.get("Status") else pool,
        warm_pool_going=bool(pool.get("Status")),
    )


def _waits(found: "InstanceTypeDef") -> bool:
    """Whether it is in the warm pool: nobody sends traffic there, and it is not part of the group's size."""
    return found["LifecycleState"].startswith("Warmed:")


def _instance(found: "InstanceTypeDef") -> Instance:
    return Instance(
        id=found["InstanceId"],
        lifecycle=found["LifecycleState"],
        version=found.get("LaunchTemplate", {}).get("Version", ""),
        protected=bool(found.get("ProtectedFromScaleIn")),
    )


def resolve(template_id: str, version: str) -> str:
    """The number that a version such as $Latest means now."""
    with aws_errors():
        answer = client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template_id, Versions=[version]
        )
    return str(answer["LaunchTemplateVersions"][0]["VersionNumber"])


def made_version(template_id: str, source: str, rollout_id: str) -> str | None:
    """The launch template version that a rollout made, found by its description among the later ones."""
    with aws_errors():
        pages = client("ec2").get_paginator("describe_launch_template_versions")
        for page in pages.paginate(LaunchTemplateId=template_id, MinVersion=str(int(source) + 1)):
            for version in page["LaunchTemplateVersions"]:
                if version.get("VersionDescription") == version_description(rollout_id):
                    return str(version["VersionNumber"])
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a launch template version launches: its AMI, its EBS volumes by device, those that hold data."""

    image: str | None
    devices: frozenset[str]
    data_volumes: tuple[str, ...]


def launch_of(template_id: str, version: str) -> Launch | None:
    """What a launch template version launches; None when there is no such version."""
    with aws_errors():
        try:
            answer = client("ec2").describe_launch_template_versions(
                LaunchTemplateId=template_id, Versions=[version]
            )
        except ClientError as error:
            if code_of(error).startswith("InvalidLaunchTemplateId"):
                return None
            raise
    found = answer["LaunchTemplateVersions"]
    return _launch(found[0]["LaunchTemplateData"]) if found else None


def _launch(data: "ResponseLaunchTemplateDataTypeDef") -> Launch:
    """Data is on what outlives the instance, and on each EBS volume after the first, which is the root."""
    disks = [mapping for mapping in data.get("BlockDeviceMappings", []) if "Ebs" in mapping]
    kept = [disk for disk in disks if disk["Ebs"].get("DeleteOnTermination") is False]
    hold = dict.fromkeys(disk["DeviceName"] for disk in (*disks[1:], *kept))
    devices = frozenset(disk["DeviceName"] for disk in disks)
    return Launch(image=data.get("ImageId"), devices=devices, data_volumes=tuple(hold))


def image_exists(image: str) -> bool:
    """Whether the account can see that AMI."""
    with aws_errors():
        try:
            return bool(client("ec2").describe_images(ImageIds=[image])["Images"])
        except ClientError as error:
            if code_of(error).startswith("InvalidAMIID"):
                return False
            raise


def followers_of(template_ids: Sequence[str], ours: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Launch template id -> other groups that follow its $Latest."""
    found: dict[str, list[str]] = {}
    with aws_errors():
        for page in client("autoscaling").get_paginator("describe_auto_scaling_groups").paginate():
            for group in page["AutoScalingGroups"]:
                template = _specification(group)
                followed = template.get("LaunchTemplateId", "")
                follows = template.get("Version") == "$Latest" and followed in template_ids
                if follows and group["AutoScalingGroupName"] not in ours:
                    found.setdefault(followed, []).append(group["AutoScalingGroupName"])
    return {template: tuple(names) for template, names in found.items()}
