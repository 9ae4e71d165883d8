"""What AWS would answer after a write, for the plan: ids that are born later are placeholders. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count, islice

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Estate, Group, Instance
from signalbox.rollouts.predict_routers import (
    balancer_gone,
    balancer_made,
    balancer_set,
    certificates_added,
    listener_made,
    listener_set,
    rule_made,
    weighed,
)
from signalbox.rollouts.writes import Write, launched_version

VERSION = "{candidate.version}"
TARGET_GROUP = "{candidate.target_group}"


def predicted(estate: Estate, writes: Sequence[Write]) -> Estate:
    """The estate after the writes, settled: instances launched, healthy, old ones gone."""
    after = estate
    for write in writes:
        after = _AFTER[write.operation](after, write)
    return _registered(estate, after)


def _version_made(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate_version=VERSION)


def _version_gone(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate_version=None)


def _target_group_made(estate: Estate, write: Write) -> Estate:
    stable = estate.stable_target_group
    tags = _pairs(write.parameters, "Tags")
    copy = replace(stable, name=write.resource, arn=TARGET_GROUP, tags=tags, attributes={}, load_balancers=())
    return replace(estate, candidate_target_group=copy)


def _attributes_set(estate: Estate, write: Write) -> Estate:
    copy, attributes = estate.candidate_target_group, _pairs(write.parameters, "Attributes")
    return replace(estate, candidate_target_group=replace(copy, attributes=attributes) if copy else None)


def _pairs(parameters: JsonObject, key: str) -> dict[str, str]:
    listed = parameters[key]
    assert isinstance(listed, list)
    return {pair["Key"]: pair["Value"] for pair in listed}


def _target_group_gone(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate_target_group=None)


def _forwarded(estate: Estate, write: Write) -> Estate:
    actions = write.parameters.get("Actions") or write.parameters.get("DefaultActions")
    assert isinstance(actions, list)
    rules = tuple(replace(r, actions=tuple(actions)) if r.arn == write.resource else r for r in estate.rules)
    return replace(estate, rules=rules)


def _group_made(estate: Estate, write: Write) -> Estate:
    serves = write.parameters["TargetGroupARNs"]
    assert isinstance(serves, list)
    empty = replace(
        estate.stable,
        name=write.resource,
        arn=write.resource,
        instances=(),
        target_groups=tuple(serves),
        suspended=(),
        tags=_pairs(write.parameters, "Tags"),
        warm_pool={},
        warm_pool_going=False,
    )
    return _with_group(estate, _resized(empty, write))


def _group_set(estate: Estate, write: Write) -> Estate:
    group = _group_named(estate, write.resource)
    return _with_group(estate, _resized(group, write)) if group else estate


def _resized(group: Group, write: Write) -> Group:
    parameters, version = write.parameters, launched_version(write) or group.template_version
    resolved = version if version.isdecimal() or version == VERSION else group.resolved_version
    low, most = _number(parameters, "MinSize", group.min), _number(parameters, "MaxSize", group.max)
    sized = replace(
        group,
        min=low,
        max=most,
        desired=_number(parameters, "DesiredCapacity", min(max(group.desired, low), most)),
        template_version=version,
        resolved_version=resolved,
    )
    return _grown(replace(sized, instances=sized.present[: sized.desired]))


def _grown(group: Group) -> Group:
    """As many instances as desired, the missing ones launched at its version unless that is suspended."""
    missing = 0 if "Launch" in group.suspended else max(0, group.desired - len(group.present))
    known = {instance.id for instance in group.instances}
    first = 1 + sum(1 for instance in group.instances if instance.version == group.resolved_version)
    born = (i for i in (_newborn(group, n) for n in count(first)) if i.id not in known)
    return replace(group, instances=(*group.instances, *islice(born, missing)))


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
    return _with_group(estate, _grown(replace(group, instances=kept)))


def _suspended(estate: Estate, write: Write) -> Estate:
    return _with_processes(estate, write, lambda now, named: now | named)


def _resumed(estate: Estate, write: Write) -> Estate:
    return _with_processes(estate, write, lambda now, named: now - named)


def _with_processes(estate: Estate, write: Write, change: Callable[[set[str], set[str]], set[str]]) -> Estate:
    group, named = _group_named(estate, write.resource), write.parameters["ScalingProcesses"]
    assert isinstance(named, list)
    if group is None:
        return estate
    after = tuple(sorted(change(set(group.suspended), set(named))))
    return _with_group(estate, _grown(replace(group, suspended=after)))


def _pool_made(estate: Estate, write: Write) -> Estate:
    settings = {key: value for key, value in write.parameters.items() if key != "AutoScalingGroupName"}
    return _with_pool(estate, write, settings)


def _pool_gone(estate: Estate, write: Write) -> Estate:
    return _with_pool(estate, write, {})


def _with_pool(estate: Estate, write: Write, settings: JsonObject) -> Estate:
    group = _group_named(estate, write.resource)
    return _with_group(estate, replace(group, warm_pool=settings)) if group else estate


def _unseen(estate: Estate, write: Write) -> Estate:
    """Policies and scheduled actions are no part of an observation."""
    return estate


def _group_gone(estate: Estate, write: Write) -> Estate:
    return replace(estate, candidate=None)


def _deregistered(estate: Estate, write: Write) -> Estate:
    targets = write.parameters["Targets"]
    assert isinstance(targets, list)
    gone = {target["Id"] for target in targets}
    left = {i: state for i, state in estate.health.get(write.resource, {}).items() if i not in gone}
    return replace(estate, health={**estate.health, write.resource: left})


def _group_named(estate: Estate, name: str) -> Group | None:
    return next((group for group in _groups(estate) if group.name == name), None)


def _with_group(estate: Estate, group: Group) -> Estate:
    if group.name == estate.stable.name:
        return replace(estate, stable=group)
    return replace(estate, candidate=group)


def _registered(before: Estate, after: Estate) -> Estate:
    """New instances are healthy targets of their group's target groups, unless it registers none; of the
    others those that were targets stay so."""
    if _groups(after) == _groups(before):
        return after
    old = {instance.id for group in _groups(before) for instance in group.instances}
    health: dict[str, dict[str, str]] = {}
    for group in _groups(after):
        registers = "AddToLoadBalancer" not in group.suspended
        for target_group in group.target_groups:
            known = after.health.get(target_group, {})
            states = health.setdefault(target_group, {})
            states |= {i.id: known[i.id] for i in group.instances if i.id in known}
            states |= {i.id: "healthy" for i in group.instances if registers and i.id not in old}
    return replace(after, health=health)


def _groups(estate: Estate) -> tuple[Group, ...]:
    return (estate.stable, estate.candidate) if estate.candidate else (estate.stable,)


def _alarm_made(estate: Estate, write: Write) -> Estate:
    return replace(estate, alarm_copies=(*estate.alarm_copies, write.resource))


def _alarms_gone(estate: Estate, write: Write) -> Estate:
    return replace(estate, alarm_copies=())


_AFTER: dict[str, Callable[[Estate, Write], Estate]] = {
    "CreateLaunchTemplateVersion": _version_made,
    "DeleteLaunchTemplateVersions": _version_gone,
    "CreateTargetGroup": _target_group_made,
    "ModifyTargetGroupAttributes": _attributes_set,
    "DeleteTargetGroup": _target_group_gone,
    "ModifyRule": _forwarded,
    "ModifyListener": _forwarded,
    "ChangeResourceRecordSets": weighed,
    "CreateLoadBalancer": balancer_made,
    "ModifyLoadBalancerAttributes": balancer_set,
    "DeleteLoadBalancer": balancer_gone,
    "CreateListener": listener_made,
    "ModifyListenerAttributes": listener_set,
    "AddListenerCertificates": certificates_added,
    "CreateRule": rule_made,
    "CreateAutoScalingGroup": _group_made,
    "UpdateAutoScalingGroup": _group_set,
    "TerminateInstanceInAutoScalingGroup": _member_gone,
    "DeleteAutoScalingGroup": _group_gone,
    "PutWarmPool": _pool_made,
    "DeleteWarmPool": _pool_gone,
    "PutScalingPolicy": _unseen,
    "BatchPutScheduledUpdateGroupAction": _unseen,
    "SuspendProcesses": _suspended,
    "ResumeProcesses": _resumed,
    "DeregisterTargets": _deregistered,
    "PutMetricAlarm": _alarm_made,
    "DeleteAlarms": _alarms_gone,
}
