"""Reads what hangs on the instances of Auto Scaling groups."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

GROUP_TAG = "aws:autoscaling:groupName"  # which Auto Scaling gives to what it launches


def attached_devices(groups: Sequence[str]) -> dict[str, frozenset[str]]:
    """Group -> devices of EBS volumes on its running instances, in one call; roots are left out."""
    found: dict[str, frozenset[str]] = {}
    filters = [
        {"Name": f"tag:{GROUP_TAG}", "Values": list(groups)},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    with aws_errors():
        pages = client("ec2").get_paginator("describe_instances").paginate(Filters=filters)  # type: ignore[arg-type]
        for instance in (i for page in pages for each in page["Reservations"] for i in each["Instances"]):
            group = next(tag.get("Value", "") for tag in instance["Tags"] if tag.get("Key") == GROUP_TAG)
            found[group] = found.get(group, frozenset()) | _devices(instance)
    return found


def _devices(instance: "InstanceTypeDef") -> frozenset[str]:
    mappings = instance.get("BlockDeviceMappings", [])
    disks = {mapping.get("DeviceName", "") for mapping in mappings if "Ebs" in mapping}
    return frozenset(disks - {instance.get("RootDeviceName", "")})
