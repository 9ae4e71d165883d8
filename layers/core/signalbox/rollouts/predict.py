"""What AWS would answer after a write, for the plan: ids that are born later are placeholders. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Estate, Group, Instance, TargetGroup
from signalbox.rollouts.writes import CREATED_BY, MANAGED, Write

VERSION = "{candidate.version}"
TARGET_GROUP = "{candidate.target_group}"


def predicted(estate: Estate, writes: Sequence[Write]) -> Estate:
    """The estate after the writes, settled: instances launched, healthy, old ones gone."""
    for write in writes:
        estate = _AFTER.get(write.operation, _unchanged)(estate, write)
    return estate


def _unchanged(estate: Estate, write: Write) -> Estate:
    return estate


def _version_made(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate_version=VERSION)


def _version_gone(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate_version=None)


def _target_group_made(estate: Estate, write: Write) -> Estate:
    stable = estate.stable_target_group
    tags = _tags(write.parameters)
    copy = replace(stable, name=write.resource, arn=TARGET_GROUP, tags=tags, attributes={}, load_balancers=())
    return replace(estate, candidate_target_group=copy)


def _attributes_set(estate: Estate, write: Write) -> Estate:
    copy = estate.candidate_target_group
    return replace(estate, candidate_target_group=_like(copy, estate.stable_target_group) if copy else None)


def _like(copy: TargetGroup, stable: TargetGroup) -> TargetGroup:
    return replace(copy, attributes=stable.attributes)


def _target_group_gone(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate_target_group=None)


def _forwarded(estate: Estate, write: Write) -> Estate:
    actions = write.parameters.get("Actions") or write.parameters.get("DefaultActions")
    assert isinstance(actions, list)
    rules = tuple(replace(r, actions=tuple(actions)) if r.arn == write.resource else r for r in estate.rules)
    return replace(estate, rules=rules)


def _group_made(estate: Estate, write: Write) -> Estate:
    template = write.parameters["LaunchTemplate"]
    serves = write.parameters["TargetGroupARNs"]
    assert isinstance(template, dict)
    assert isinstance(serves, list)
    empty = replace(
        estate.stable,
        name=write.resource,
        arn=write.resource,
        instances=(),
        target_groups=tuple(serves),
        suspended=(),
        tags=_tags(write.parameters),
        template_version=template["Version"],
        resolved_version=template["Version"],
    )
    return _with_group(estate, _resized(empty, write.parameters))


def _tags(parameters: JsonObject) -> dict[str, str]:
    tags = parameters.get("Tags")
    assert isinstance(tags, list)
    return {tag["Key"]: tag["Value"] for tag in tags} or {MANAGED: "true", CREATED_BY: ""}


def _group_set(estate: Estate, write: Write) -> Estate:
    group = _group_named(estate, write.resource)
    return _with_group(estate, _resized(group, write.parameters)) if group else estate


def _resized(group: Group, parameters: JsonObject) -> Group:
    template = parameters.get("LaunchTemplate")
    version = template["Version"] if isinstance(template, dict) else group.template_version
    resolved = version if isinstance(template, dict) else group.resolved_version
    sized = replace(
        group,
        min=_number(parameters, "MinSize", group.min),
        max=_number(parameters, "MaxSize", group.max),
        desired=_number(parameters, "DesiredCapacity", group.desired),
        template_version=version,
        resolved_version=resolved,
    )
    kept = sized.instances[: sized.desired]
    born = tuple(_newborn(sized, n) for n in range(len(kept) + 1, sized.desired + 1))
    return replace(sized, instances=kept + born)


def _number(parameters: JsonObject, key: str, otherwise: int) -> int:
    value = parameters.get(key)
    return value if isinstance(value, int) else otherwise


def _newborn(group: Group, number: int) -> Instance:
    name = f"{{{group.name}.{group.resolved_version}.{number}}}"
    return Instance(id=name, lifecycle="InService", version=group.resolved_version)


def _member_gone(estate: Estate, write: Write) -> Estate:
    group = _group_named(estate, write.resource)
    if group is None:
        return estate
    kept = tuple(i for i in group.instances if i.id != write.parameters["InstanceId"])
    if write.parameters["ShouldDecrementDesiredCapacity"]:
        return _with_group(estate, replace(group, instances=kept, desired=group.desired - 1))
    taken = sum(1 for i in kept if i.version == group.resolved_version)
    return _with_group(estate, replace(group, instances=(*kept, _newborn(group, taken + 1))))


def _group_gone(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate=None)


def _group_named(estate: Estate, name: str) -> Group | None:
    return next((g for g in (estate.stable, estate.candidate) if g is not None and g.name == name), None)


def _with_group(estate: Estate, group: Group) -> Estate:
    if group.name == estate.stable.name:
        return _all_healthy(replace(estate, stable=group))
    return _all_healthy(replace(estate, candidate=group))


def _all_healthy(estate: Estate) -> Estate:
    health: dict[str, dict[str, str]] = {}
    for group in (estate.stable, estate.candidate):
        for target_group in group.target_groups if group else ():
            health.setdefault(target_group, {}).update(
                {i.id: "healthy" for i in (group.instances if group else ())}
            )
    return replace(estate, health=health)


def _alarm_made(estate: Estate, write: Write) -> Estate:
    return replace(estate, alarm_copies=(*estate.alarm_copies, write.resource))


_AFTER: dict[str, Callable[[Estate, Write], Estate]] = {
    "CreateLaunchTemplateVersion": _version_made,
    "DeleteLaunchTemplateVersions": _version_gone,
    "CreateTargetGroup": _target_group_made,
    "ModifyTargetGroupAttributes": _attributes_set,
    "DeleteTargetGroup": _target_group_gone,
    "ModifyRule": _forwarded,
    "ModifyListener": _forwarded,
    "CreateAutoScalingGroup": _group_made,
    "UpdateAutoScalingGroup": _group_set,
    "TerminateInstanceInAutoScalingGroup": _member_gone,
    "DeleteAutoScalingGroup": _group_gone,
    "PutMetricAlarm": _alarm_made,
}
