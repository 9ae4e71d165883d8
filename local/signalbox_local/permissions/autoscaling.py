"""Auto Scaling: all but reading is on a group; launching from a template needs what EC2 would ask for."""

from collections.abc import Iterable

from signalbox_local import moto_records
from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked
from signalbox_local.permissions.ec2 import launch_permissions

_ON_NOTHING = ("Describe", "GetPredictive", "PutAccountSetting")
_LAUNCHING = {"CreateAutoScalingGroup", "UpdateAutoScalingGroup"}
_LAUNCH_FIELDS = {"LaunchTemplate", "MixedInstancesPolicy"}


def permissions(asked: Asked) -> Iterable[Permission]:
    """RunInstances and PassRole are checked when a group is created or updated with a launch template."""
    if asked.operation.startswith(_ON_NOTHING):
        return asked.needs()
    own = asked.needs(*(moto_records.group_arn(asked.account, asked.region, name) for name in _groups(asked)))
    if asked.operation in _LAUNCHING and _LAUNCH_FIELDS & asked.parameters.keys():
        return (*own, *launch_permissions(asked, _template(asked)))
    return own


def _groups(asked: Asked) -> list[str]:
    named = asked.texts("AutoScalingGroupName", "AutoScalingGroupNames")
    named += [str(tag["ResourceId"]) for tag in asked.structures("Tags") if "ResourceId" in tag]
    if named:
        return named
    instance = asked.text("InstanceId")
    found = moto_records.group_of_instance(asked.account, asked.region, instance) if instance else None
    return [found or "*"]


def _template(asked: Asked) -> dict[str, str]:
    mixed = asked.parameters.get("MixedInstancesPolicy") or {}
    nested = (mixed.get("LaunchTemplate") or {}).get("LaunchTemplateSpecification")
    return dict(asked.parameters.get("LaunchTemplate") or nested or {})
