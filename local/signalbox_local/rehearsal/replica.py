"""A replica of a service in the embedded AWS: its names, its shape, small and quick instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox_local.owner import (
    Aws,
    Group,
    Targets,
    balancer_dimension,
    make_group,
    make_image,
    make_targets,
    make_template,
    targets_dimension,
    two_subnets,
)
from signalbox_local.rehearsal.alarm_shapes import alarm_parameters
from signalbox_local.rehearsal.blueprint import Blueprint, Pair
from signalbox_local.rehearsal.entrances import RECORD_TYPE, by_name, by_rules
from signalbox_local.rehearsal.spec import SHORTEST_DEADLINE, divided
from signalbox_local.rehearsal.ways import WayIn
from signalbox_local.world import World

# The shortest that AWS allows; the rehearsal makes the checks faster still (SIGNALBOX_LOCAL_HEALTH_SPEEDUP).
CHECK_SECONDS, CHECK_TIMEOUT, DRAIN_SECONDS = 5, 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """What was made. `images` are AMI ids by version; `arns` says which local ARN or id stands for which;
    `ways_in` are one for each reference; `host` is the name that divides the traffic, if one does."""

    name: str
    images: dict[str, str]
    template: str
    groups: tuple[str, ...]
    target_groups: tuple[str, ...]
    references: tuple[str, ...]
    ways_in: tuple[WayIn, ...]
    arns: dict[str, str]
    alarms: tuple[str, ...]
    host: str = ""


def make_images(aws: Aws, name: str, world: World) -> dict[str, str]:
    """An AMI for each version, so that behaviours can be told before anything runs."""
    return {version: make_image(aws, f"{name}-{version}") for version in world.versions}


def make_replica(aws: Aws, plan: Blueprint, world: World, images: Mapping[str, str]) -> Replica:
    """All of it; instances still boot."""
    template = make_template(aws, plan.name, images[world.stable])
    subnets = two_subnets(aws)
    target_groups = {pair.arn: _targets(aws, pair.target_group, world) for pair in plan.pairs}
    behind = [*target_groups.values()]
    made = (
        by_name(aws, plan, world, behind, subnets)
        if plan.host
        else by_rules(aws, plan, world, behind, subnets)
    )
    for place, pair in enumerate(plan.pairs):
        size = 0 if place else world.instances.size
        make_group(aws, _group(pair, target_groups[pair.arn], size, world, (template, subnets)))
    _alarms(aws, plan, [*zip(made.balancers, behind, strict=True)])
    return Replica(
        name=plan.name,
        images=dict(images),
        template=template,
        groups=tuple(pair.group for pair in plan.pairs),
        target_groups=tuple(behind),
        references=made.references,
        ways_in=made.ways_in,
        arns={**target_groups, **made.arns},
        alarms=tuple(plan.alarms),
        host=plan.host,
    )


def _group(pair: Pair, target_group: str, size: int, world: World, made: tuple[str, Sequence[str]]) -> Group:
    """With room for as many instances again."""
    return Group(
        name=pair.group,
        size=size,
        most=2 * world.instances.size,
        template=made[0],
        target_group=target_group,
        subnets=made[1],
    )


def _targets(aws: Aws, name: str, world: World) -> str:
    attributes = {"deregistration_delay.timeout_seconds": str(DRAIN_SECONDS)}
    if world.traffic.sticky == "targets":
        attributes |= {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"}
    return make_targets(
        aws, Targets(name=name, interval=CHECK_SECONDS, timeout=CHECK_TIMEOUT, attributes=attributes)
    )


def _alarms(aws: Aws, plan: Blueprint, behind: Sequence[tuple[str, str]]) -> None:
    """`behind` are load balancer and target group of each pair."""
    for name, shape in plan.alarms.items():
        balancer, target_group = behind[plan.watched_by(name)]
        watched = (balancer_dimension(balancer), targets_dimension(target_group))
        wanted = alarm_parameters(name, shape, *watched, apart=bool(plan.host))
        aws("cloudwatch").put_metric_alarm(**wanted)


def registration(spec: ServiceSpec, replica: Replica, region: str, strategy: Strategy, speed: float) -> Any:
    """The body of PUT: the spec with local ARNs, the strategy given, and the deadline at that speed."""
    guards = replace(spec.guards, deadline=divided(spec.guards.deadline, speed, SHORTEST_DEADLINE))
    platform = replace(spec.platform, region=region)
    types = (RECORD_TYPE,) if replica.host else None
    traffic = replace(spec.traffic, record_types=types)  # type: ignore[arg-type]
    here = replace(spec, guards=guards, platform=platform, strategy=strategy, traffic=traffic)
    body = TypeAdapter(ServiceSpec).dump_python(here, mode="json", by_alias=True, exclude_none=True)
    return _substituted(body, replica.arns)


def _substituted(value: Any, arns: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _substituted(one, arns) for key, one in value.items()}
    if isinstance(value, list):
        return [_substituted(one, arns) for one in value]
    return arns.get(value, value) if isinstance(value, str) else value


def make_name(aws: Aws, host: str, way_in: WayIn, ttl: int) -> None:
    """A Route 53 name that leads to the first load balancer."""
    zone = aws("route53").create_hosted_zone(Name=f"{host.partition('.')[2]}.", CallerReference=host)
    record = {
        "Name": f"{host}.",
        "Type": "CNAME",
        "TTL": ttl,
        "ResourceRecords": [{"Value": way_in.balancer}],
    }
    aws("route53").change_resource_record_sets(
        HostedZoneId=zone["HostedZone"]["Id"],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )
