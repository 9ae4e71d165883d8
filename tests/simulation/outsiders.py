"""Somebody else changes the service behind Signalbox's back: weights, sizes, templates, rules, instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from signalbox_local.owner import forwarding
from tests.simulation.cases import Ending
from tests.simulation.fibers import hub

if TYPE_CHECKING:
    from tests.simulation.part import Part

EXCUSED_FOR = 90.0  # seconds until what somebody has taken away must be there again
SETTLING = 120.0  # seconds more when a step has to fail first: the deadline of that ending
TAKEN_AWAY_AFTER = 290.0  # seconds, of a rule
FEW = 10  # percent


def _group(part: Part) -> tuple[str, Any]:
    name = part.target.groups[0]
    return name, part.universe.backend.groups()[name]


def _update(part: Part, name: str, **fields: Any) -> None:
    part.universe.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=name, **fields)


def _more_desired(part: Part) -> None:
    name, group = _group(part)
    desired = int(group.desired_capacity or 0)
    if 0 < desired < int(group.max_size):
        part.universe.client("autoscaling").set_desired_capacity(
            AutoScalingGroupName=name, DesiredCapacity=desired + 1
        )


def _other_min(part: Part) -> None:
    name, group = _group(part)
    if 0 < int(group.min_size) < int(group.desired_capacity):
        part.watch.foreign.add((name, "min", int(group.min_size) + 1))
        _update(part, name, MinSize=int(group.min_size) + 1)


def _other_max(part: Part) -> None:
    name, group = _group(part)
    part.watch.foreign.add((name, "max", int(group.max_size) + 1))
    _update(part, name, MaxSize=int(group.max_size) + 1)


def _other_version(part: Part) -> None:
    """A launch template version of their own, which the group is to launch from now on."""
    name, _ = _group(part)
    template = part.target.template
    made = part.universe.client("ec2").create_launch_template_version(
        LaunchTemplateId=template,
        SourceVersion="1",
        LaunchTemplateData={"ImageId": part.target.images["v3"]},
    )
    number = str(made["LaunchTemplateVersion"]["VersionNumber"])
    part.watch.foreign.add((name, "version", number))
    part.watch.made.add(str((template, int(number))))
    _update(part, name, LaunchTemplate={"LaunchTemplateId": template, "Version": number})


def _other_weights(part: Part) -> None:
    """A tenth of the traffic to the other target group, if that can carry it."""
    backend, arn = part.universe.backend, part.target.references[0]
    weights = backend.rules()[arn]
    idle = [group for group, weight in weights.items() if not weight and _carries(part, group)]
    busy = [group for group, weight in weights.items() if weight]
    if len(idle) == len(busy) == 1:
        theirs = {busy[0]: 100 - FEW, idle[0]: FEW}
        part.watch.weighed.append((arn, theirs))
        part.watch.promoted = True  # by hand: nobody has watched
        _forward(part, theirs)


def _carries(part: Part, target_group: str) -> bool:
    """It serves, and is not being emptied: nobody sends users there then."""
    backend = part.universe.backend
    serving = (group for group in backend.groups().values() if target_group in group.target_group_arns)
    return bool(backend.images(target_group)) and any(int(group.desired_capacity or 0) for group in serving)


def _sticky(part: Part) -> None:
    if part.target.zone:
        return  # a name knows no cookies
    part.watch.shaped.add(part.target.references[0])
    _forward(part, part.universe.backend.rules()[part.target.references[0]], sticky=True)


def _forward(part: Part, weights: Mapping[str, int], *, sticky: bool = False) -> None:
    if part.target.zone:
        _weigh(part, weights)
        return
    targets = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    config: dict[str, Any] = {"TargetGroups": targets}
    if sticky:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": 300}
    part.universe.client("elbv2").modify_rule(
        RuleArn=part.target.references[0], Actions=[{"Type": "forward", "ForwardConfig": config}]
    )


def _weigh(part: Part, weights: Mapping[str, int]) -> None:
    names, zone = part.universe.client("route53"), part.target.zone
    sides = {group.name: arn for arn, group in part.universe.backend.target_groups().items()}
    records = names.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    changes = [
        {"Action": "UPSERT", "ResourceRecordSet": {**one, "Weight": weights[sides[one["SetIdentifier"]]]}}
        for one in records
        if "SetIdentifier" in one
    ]
    names.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def _another_rule(part: Part) -> None:
    """A rule that Signalbox was not told of, to what serves; it is taken away after a while."""
    serving = part.target.target_groups[0]
    if serving not in part.universe.backend.loaded(part.target.references):
        return
    balancers = part.universe.client("elbv2")
    made = balancers.create_rule(
        ListenerArn=part.target.listener,
        Priority=99 - len(part.watch.made),
        Conditions=[{"Field": "path-pattern", "Values": ["/theirs/*"]}],
        Actions=[forwarding([serving])],
    )["Rules"][0]["RuleArn"]
    part.watch.made.add(made)

    def take_away() -> None:
        part.watch.made.discard(made)
        balancers.delete_rule(RuleArn=made)

    hub.call_later(TAKEN_AWAY_AFTER, lambda: hub.spawn(take_away))


def _one_dies(part: Part) -> None:
    """An instance that serves is terminated."""
    backend = part.universe.backend
    for arn in sorted(backend.loaded(part.target.references)):
        running = [
            t.instance_id for t in part.universe.estate.targets.describe(backend.target_groups()[arn], ())
        ]
        _terminate(part, running[:1], _longer_without(part, arn))
        return


def _new_one_dies(part: Part) -> None:
    """An instance of the new version is terminated, whether it has traffic yet or not."""
    members = [
        state.instance
        for name, group in part.universe.backend.groups().items()
        if name.startswith(part.target.groups)
        for state in group.instance_states
        if state.lifecycle_state == "InService"
    ]
    _terminate(part, [one.id for one in members if one.image_id == part.target.images["v2"]][:1])


def _terminate(part: Part, instances: list[str], patience: float = 0.0) -> None:
    if instances:
        part.watch.taken = part.watch.missing + 1
        part.watch.excused_until = hub.now + EXCUSED_FOR + patience
        part.universe.client("ec2").terminate_instances(InstanceIds=instances)


def _longer_without(part: Part, target_group: str) -> float:
    """Seconds more. Its group launches a version that never becomes healthy: the step waits for it until its
    deadline. Or AWS has no room, and the new version took it: two steps may wait for more."""
    groups = [g for g in part.universe.backend.groups().values() if target_group in g.target_group_arns]
    launched = {group.image_id for group in groups}
    if part.ending is Ending.SHORTFALL:
        return 2 * SETTLING
    in_vain = part.ending is Ending.NEVER_HEALTHY and part.target.images["v2"] in launched
    return SETTLING if in_vain else 0.0


OUTSIDERS: Mapping[str, Callable[[Part], None]] = {
    "more-desired": _more_desired,
    "other-min": _other_min,
    "other-max": _other_max,
    "other-version": _other_version,
    "other-weights": _other_weights,
    "sticky": _sticky,
    "another-rule": _another_rule,
    "one-dies": _one_dies,
    "new-one-dies": _new_one_dies,
}
