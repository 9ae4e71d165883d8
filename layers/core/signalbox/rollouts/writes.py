"""Every write that a rollout may make, in AWS's own words. Each states an end state, never a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signalbox.kernel.events import JsonObject

if TYPE_CHECKING:
    # The alarm path makes writes that are stored: what they were made from is not loaded for that.
    from collections.abc import Mapping, Sequence

    from signalbox.rollouts.estate import Alarm, Group, TargetGroup

CREATED_BY = "signalbox:created-by"
MANAGED = "signalbox:managed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One call. `resource` is what it changes, by ARN or name; `parameters` are the API's own."""

    service: str
    operation: str
    resource: str
    parameters: JsonObject


def create_template_version(template: str, source: str, image: str, rollout_id: str) -> Write:
    """A version made from `source` with another image; never made the default."""
    parameters: JsonObject = {
        "LaunchTemplateId": template,
        "SourceVersion": source,
        "VersionDescription": version_description(rollout_id),
        "LaunchTemplateData": {"ImageId": image},
        "ClientToken": rollout_id,
    }
    return Write(
        service="ec2", operation="CreateLaunchTemplateVersion", resource=template, parameters=parameters
    )


def version_description(rollout_id: str) -> str:
    """How the version of a rollout is found again."""
    return f"signalbox {rollout_id}"


def delete_template_version(template: str, version: str) -> Write:
    """Only ever for a version that this rollout made."""
    parameters: JsonObject = {"LaunchTemplateId": template, "Versions": [version]}
    return Write(
        service="ec2", operation="DeleteLaunchTemplateVersions", resource=template, parameters=parameters
    )


def _autoscaling(operation: str, group: str, **parameters: object) -> Write:
    named: JsonObject = {"AutoScalingGroupName": group, **parameters}
    return Write(service="autoscaling", operation=operation, resource=group, parameters=named)


def copy_group(  # noqa: PLR0913 - all by name: nothing of a copy goes without saying
    group: Group,
    *,
    name: str,
    target_group: str,
    version: str,
    size: int,
    rollout_id: str,
    hooks: Sequence[JsonObject] = (),
) -> Write:
    """A faithful copy under another name, pinned to one version, serving one target group. Its lifecycle
    hooks come with it: no instance launches before them."""
    tags = {k: v for k, v in group.tags.items() if not k.startswith("aws:")}
    return _autoscaling(
        "CreateAutoScalingGroup",
        name,
        **group.copied,
        **({"LifecycleHookSpecificationList": list(hooks)} if hooks else {}),
        MinSize=size,
        MaxSize=max(size, group.max),
        DesiredCapacity=size,
        **_launching(group, version),
        TargetGroupARNs=[target_group],
        Tags=[
            {"Key": key, "Value": value, "PropagateAtLaunch": key not in group.group_only, "ResourceId": name,
             "ResourceType": "auto-scaling-group"}
            for key, value in {**tags, MANAGED: "true", CREATED_BY: rollout_id}.items()
        ],
    )  # fmt: skip


def set_group(
    group: Group,
    *,
    version: str | None = None,
    min_size: int | None = None,
    max_size: int | None = None,
    desired: int | None = None,
) -> Write:
    """Sizes and launch template version of a group; what is None stays."""
    sizes = {"MinSize": min_size, "MaxSize": max_size, "DesiredCapacity": desired}
    given: JsonObject = {key: value for key, value in sizes.items() if value is not None}
    if version is not None:
        given |= _launching(group, version)
    return _autoscaling("UpdateAutoScalingGroup", group.name, **given)


def _launching(group: Group, version: str) -> JsonObject:
    """What a group launches. A mixed instances policy is written whole: as it is, with that version."""
    specification = {"LaunchTemplateId": group.template_id, "Version": version}
    if not group.mixed:
        return {"LaunchTemplate": specification}
    template = group.mixed["LaunchTemplate"]
    assert isinstance(template, dict)
    mixed = {**group.mixed, "LaunchTemplate": {**template, "LaunchTemplateSpecification": specification}}
    return {"MixedInstancesPolicy": mixed}


def launched_version(write: Write) -> str | None:
    """The launch template version that a group is made with, or set to; None when it stays."""
    found = write.parameters.get("MixedInstancesPolicy")
    template = found["LaunchTemplate"]["LaunchTemplateSpecification"] if isinstance(found, dict) else None
    given = template or write.parameters.get("LaunchTemplate")
    return str(given["Version"]) if isinstance(given, dict) else None


def put_warm_pool(group: str, settings: JsonObject) -> Write:
    """Instances that wait, of the version that the group launches."""
    return _autoscaling("PutWarmPool", group, **settings)


def delete_warm_pool(group: str) -> Write:
    """The pool goes with the instances in it; who serves stays."""
    return _autoscaling("DeleteWarmPool", group, ForceDelete=True)


def put_scaling_policy(group: str, policy: JsonObject) -> Write:
    """Makes a policy, or sets it to that. The alarms of target tracking are AWS's affair."""
    return _autoscaling("PutScalingPolicy", group, **policy)


def put_scheduled_actions(group: str, actions: Sequence[JsonObject]) -> Write:
    """All in one call. AWS refuses one by one those whose moment has passed: there is nothing left to do."""
    return _autoscaling(
        "BatchPutScheduledUpdateGroupAction", group, ScheduledUpdateGroupActions=list(actions)
    )


def suspend(group: str, processes: Sequence[str]) -> Write:
    """These processes of the group stand still."""
    return _autoscaling("SuspendProcesses", group, ScalingProcesses=list(processes))


def resume(group: str, processes: Sequence[str]) -> Write:
    """These processes of the group run again."""
    return _autoscaling("ResumeProcesses", group, ScalingProcesses=list(processes))


def terminate(group: str, instance: str) -> Write:
    """One member goes, drained first. The group's size stays, so saying it twice changes nothing: another
    takes its place unless `Launch` is suspended."""
    return Write(
        service="autoscaling",
        operation="TerminateInstanceInAutoScalingGroup",
        resource=group,
        parameters={"InstanceId": instance, "ShouldDecrementDesiredCapacity": False},
    )


def delete_group(group: str) -> Write:
    """Only ever for an empty group that Signalbox made."""
    return _autoscaling("DeleteAutoScalingGroup", group)


def _elb(operation: str, resource: str, **parameters: object) -> Write:
    return Write(service="elbv2", operation=operation, resource=resource, parameters=dict(parameters))


def copy_target_group(group: TargetGroup, name: str, rollout_id: str) -> Write:
    """The same protocol, port and health check under another name."""
    tags = [{"Key": MANAGED, "Value": "true"}, {"Key": CREATED_BY, "Value": rollout_id}]
    return _elb("CreateTargetGroup", name, Name=name, **group.copied, Tags=tags)


def set_target_group_attributes(arn: str, attributes: Mapping[str, str]) -> Write:
    """Draining time, stickiness and the like."""
    pairs = [{"Key": key, "Value": value} for key, value in sorted(attributes.items())]
    return _elb("ModifyTargetGroupAttributes", arn, TargetGroupArn=arn, Attributes=pairs)


def deregister(target_group: str, instances: Sequence[str]) -> Write:
    """These instances get no new connections from the target group."""
    targets = [{"Id": instance} for instance in instances]
    return _elb("DeregisterTargets", target_group, TargetGroupArn=target_group, Targets=targets)


def delete_target_group(arn: str) -> Write:
    """Only ever for a target group that Signalbox made."""
    return _elb("DeleteTargetGroup", arn, TargetGroupArn=arn)


def copy_alarm(alarm: Alarm, name: str, dimensions: Mapping[str, str], rollout_id: str) -> Write:
    """The same alarm with the candidate's dimensions; it takes no action of its own."""
    parameters: JsonObject = {
        **alarm.copied,
        **_looking_at(alarm, dimensions),
        "AlarmName": name,
        "ActionsEnabled": False,
        "Tags": [{"Key": MANAGED, "Value": "true"}, {"Key": CREATED_BY, "Value": rollout_id}],
    }
    return Write(service="cloudwatch", operation="PutMetricAlarm", resource=name, parameters=parameters)


def _looking_at(alarm: Alarm, dimensions: Mapping[str, str]) -> JsonObject:
    """Of metric math each metric keeps the dimensions that it has, with other values."""
    queries = alarm.copied.get("Metrics")
    if not isinstance(queries, list):
        return {"Dimensions": _pairs(dimensions)}
    return {"Metrics": [_query_at(query, dimensions) for query in queries]}


def _query_at(query: JsonObject, dimensions: Mapping[str, str]) -> JsonObject:
    stat = query.get("MetricStat")
    if not isinstance(stat, dict):
        return query
    own = {pair["Name"]: pair["Value"] for pair in stat["Metric"].get("Dimensions", [])}
    seen = {name: dimensions.get(name, value) for name, value in own.items()}
    return {**query, "MetricStat": {**stat, "Metric": {**stat["Metric"], "Dimensions": _pairs(seen)}}}


def _pairs(dimensions: Mapping[str, str]) -> list[JsonObject]:
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]


def delete_alarms(names: Sequence[str]) -> Write:
    """Only ever for the copies that a rollout made."""
    return Write(
        service="cloudwatch",
        operation="DeleteAlarms",
        resource=names[0],
        parameters={"AlarmNames": list(names)},
    )
