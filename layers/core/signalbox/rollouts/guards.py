"""What may stop a rollout: alarms, and what makes an alarm dead or blind. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Alarm, Estate, Layout, Placement, TargetGroup
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.writes import Write, copy_alarm

TARGET_GROUP = "TargetGroup"
LOAD_BALANCER = "LoadBalancer"
GROUP = "AutoScalingGroupName"
RED = "ALARM"  # the state of an alarm


def dimension_of(target_group: TargetGroup | str) -> str:
    """How CloudWatch names a target group: the last part of its ARN."""
    arn = target_group if isinstance(target_group, str) else target_group.arn
    return arn.rsplit(":", 1)[-1]


def balancer_dimension(arn: str) -> str:
    """How CloudWatch names a load balancer: `app/name/id`."""
    return dimension_of(arn).removeprefix("loadbalancer/")


def copy_name(rollout_id: str, alarm: str) -> str:
    """The name of the temporary copy of an alarm."""
    return f"signalbox-{rollout_id}-{alarm}"[:255]


def unhealthy_hosts_name(rollout_id: str) -> str:
    """The name of the alarm that watches the health of the candidate's targets."""
    return copy_name(rollout_id, "unhealthy-hosts")


def sees_only_stable(alarm: Alarm, layout: Layout) -> bool:
    """Whether the alarm looks at the stable target group while the candidate serves from another."""
    own = layout.placement is not Placement.BESIDE
    return own and alarm.dimensions.get(TARGET_GROUP) == dimension_of(layout.stable_target_group)


def copied_alarms(alarms: Sequence[Alarm], layout: Layout) -> tuple[Alarm, ...]:
    """The alarms that need a copy with the candidate's dimensions."""
    return tuple(alarm for alarm in alarms if sees_only_stable(alarm, layout) and alarm.copied)


def names_of_copies(rollout_id: str, alarms: Sequence[Alarm], layout: Layout) -> tuple[str, ...]:
    """The names of all alarms that a rollout makes: none where the candidate serves beside stable."""
    if layout.placement is Placement.BESIDE:
        return ()
    copies = (copy_name(rollout_id, alarm.name) for alarm in copied_alarms(alarms, layout))
    return (*copies, unhealthy_hosts_name(rollout_id))


def missing_copies(scene: Scene) -> list[Write]:
    """The alarms that are still to be made: copies with the candidate's dimensions, and one on its health."""
    candidate = scene.candidate_target_group
    if candidate is None:
        return []
    balancer = candidate_balancer(scene.layout, scene.estate)
    own = {TARGET_GROUP: dimension_of(candidate), **({LOAD_BALANCER: balancer} if balancer else {})}
    wanted = [
        copy_alarm(
            alarm,
            copy_name(scene.rollout_id, alarm.name),
            _seen_from(alarm, own),
            scene.rollout_id,
        )
        for alarm in copied_alarms(scene.alarms, scene.layout)
    ]
    wanted.append(_unhealthy_hosts(scene, own))
    return [write for write in wanted if write.resource not in scene.estate.alarm_copies]


def _seen_from(alarm: Alarm, own: Mapping[str, str]) -> dict[str, str]:
    """The alarm's dimensions, with the candidate's values where it has some."""
    return {name: own.get(name, value) for name, value in alarm.dimensions.items()}


def candidate_balancer(layout: Layout, estate: Estate) -> str:
    """How CloudWatch names the candidate's load balancer: stable's own, unless DNS leads to another one;
    empty when there is none."""
    group = estate.candidate_target_group if layout.sides else estate.stable_target_group
    return balancer_of(group) if group else ""


def balancer_of(target_group: TargetGroup) -> str:
    """How CloudWatch names the load balancer before a target group; empty when there is none."""
    return balancer_dimension(target_group.load_balancers[0]) if target_group.load_balancers else ""


def _unhealthy_hosts(scene: Scene, own: Mapping[str, str]) -> Write:
    """Two minutes with an unhealthy target; a group without any says nothing."""
    name = unhealthy_hosts_name(scene.rollout_id)
    settings: JsonObject = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "UnHealthyHostCount",
        "Statistic": "Minimum",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    alarm = Alarm(name=name, arn="", state="", updated_at="", copied=settings)
    return copy_alarm(alarm, name, own, scene.rollout_id)


def is_blind(alarm: Alarm, layout: Layout, stable: TargetGroup) -> bool:
    """Whether the alarm can never see the candidate: another target group, load balancer or group."""
    ours = {dimension_of(layout.stable_target_group), dimension_of(layout.candidate_target_group)}
    target_group = alarm.dimensions.get(TARGET_GROUP)
    balancers = {balancer_dimension(arn) for arn in stable.load_balancers}
    balancer = alarm.dimensions.get(LOAD_BALANCER)
    group = alarm.dimensions.get(GROUP)
    return (
        (target_group is not None and target_group not in ours)
        or (balancer is not None and _is_elsewhere(balancer, target_group, layout, balancers))
        or (group is not None and group != layout.candidate_group)
    )


def _is_elsewhere(balancer: str, target_group: str | None, layout: Layout, stables: set[str]) -> bool:
    """Of a load balancer in an alarm: where each side has its own, the target group tells which one."""
    apart = bool(layout.sides) and layout.placement is not Placement.BESIDE
    return target_group is None if apart else bool(stables) and balancer not in stables


def warnings(
    alarms: Sequence[Alarm], layout: Layout, estate: Estate, bakes: Sequence[timedelta]
) -> list[str]:
    """Useless guards, and bakes that are shorter than an alarm needs."""
    shortest = min(bakes, default=timedelta.max)
    return [
        *useless(alarms, layout, estate),
        *(
            f"strategy: a bake of {int(shortest.total_seconds())} s is shorter than the {alarm.span} s that"
            f" {alarm.name} needs"
            for alarm in alarms
            if alarm.span is not None and shortest < timedelta(seconds=alarm.span)
        ),
    ]


def useless(alarms: Sequence[Alarm], layout: Layout, estate: Estate) -> list[str]:
    """Dead guards and blind guards: they would let everything pass."""
    found: list[str] = []
    for alarm in alarms:
        if alarm.state == "INSUFFICIENT_DATA":
            found.append(f"guards.alarms: {alarm.name} has no data yet: a dead guard until it gets some")
        if is_blind(alarm, layout, estate.stable_target_group):
            found.append(f"guards.alarms: {alarm.name} cannot see the candidate: a blind guard")
    return found


def without_red(spec: ServiceSpec, alarms: Iterable[Alarm]) -> tuple[ServiceSpec, list[str]]:
    """What guards an undo: the service without the alarms that are red already, and a warning of each."""
    red = {alarm.name: alarm.reason for alarm in alarms if alarm.state == RED}
    kept = tuple(name for name in spec.guards.alarms if name not in red)
    told = [
        f"guards.alarms: {name} is in ALARM already ({reason}): it does not guard this undo"
        for name, reason in red.items()
    ]
    return replace(spec, guards=replace(spec.guards, alarms=kept)), told


def breach(names: Sequence[str], alarms: Sequence[Alarm]) -> tuple[str, Alarm | None] | None:
    """The first named alarm that is red or missing, with why; None when all may pass."""
    found = {alarm.name: alarm for alarm in alarms}
    for name in names:
        alarm = found.get(name)
        if alarm is None:
            return f"alarm {name} does not exist any more", None
        if alarm.state == RED:
            return f"alarm {name} is in ALARM: {alarm.reason}", alarm
    return None
