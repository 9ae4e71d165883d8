"""The topology of the data plane, read from moto's records of one region."""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer, FakeTargetGroup, elbv2_backends

from signalbox_local.estate.routing import WEB, serves_web
from signalbox_local.estate.rules import forwarded_to, rules_of
from signalbox_local.estate.settings import EstateSettings
from signalbox_local.plane.topology import (
    HealthCheckSpec,
    InstanceSpec,
    ListenerSpec,
    StickinessSpec,
    TargetGroupSpec,
    Topology,
)
from signalbox_local.world import Behaviour

BOOTING = "Pending"


def read_topology(
    account: str, region: str, settings: EstateSettings, behaviours: Mapping[str, Behaviour]
) -> Topology:
    """Running instances that have booted, and what listens over HTTP. The caller holds the estate's lock."""
    backend = elbv2_backends[account][region]
    listeners = {listener.arn: (balancer, listener) for balancer, listener in web_listeners(backend)}
    used: dict[str, list[str]] = {}
    for balancer, listener in listeners.values():
        for group in forwarded_to(listener):
            used.setdefault(group, []).append(dimension_of(balancer.arn))
    return Topology(
        instances={
            each.id: InstanceSpec(image=each.image_id, zone=_zone(each)) for each in _up(account, region)
        },
        target_groups={
            arn: _target_group(group, tuple(dict.fromkeys(used.get(arn, ()))), settings)
            for arn, group in backend.target_groups.items()
            if serves_web(group)
        },
        listeners={arn: _listener(balancer, each, backend) for arn, (balancer, each) in listeners.items()},
        behaviours=dict(behaviours),
    )


def web_listeners(backend: ELBv2Backend) -> Iterator[tuple[FakeLoadBalancer, FakeListener]]:
    """The HTTP and HTTPS listeners of all application load balancers."""
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            if balancer.type == "application" and listener.protocol in WEB:
                yield balancer, listener


def dimension_of(arn: str) -> str:
    """A load balancer as the metrics name it: `app/name/id`."""
    return arn.partition(":loadbalancer/")[2]


def _up(account: str, region: str) -> Iterator[Instance]:
    groups = autoscaling_backends[account][region].autoscaling_groups.values()
    booting = {
        state.instance_id
        for group in groups
        for state in group.instance_states
        if state.lifecycle_state == BOOTING
    }
    for reservation in ec2_backends[account][region].reservations.values():
        for instance in reservation.instances:
            if instance.state == "running" and instance.id not in booting:
                yield instance


def _zone(instance: Instance) -> str:
    return str(instance.placement.zone)


def _listener(balancer: FakeLoadBalancer, listener: FakeListener, backend: ELBv2Backend) -> ListenerSpec:
    return ListenerSpec(
        load_balancer=dimension_of(balancer.arn),
        rules=rules_of(listener, backend),
        port=int(listener.port),
        protocol="HTTPS" if listener.protocol == "HTTPS" else "HTTP",
        idle_timeout=float(balancer.attrs.get("idle_timeout.timeout_seconds", 60)),
    )


def _target_group(
    group: FakeTargetGroup, used_by: tuple[str, ...], settings: EstateSettings
) -> TargetGroupSpec:
    found: Mapping[str, Any] = group.attributes
    fewest = found["load_balancing.algorithm.type"] == "least_outstanding_requests"
    return TargetGroupSpec(
        name=group.name,
        load_balancers=used_by,
        targets={target_id: int(target["Port"]) for target_id, target in group.targets.items()},
        health=_health_check(group, settings),
        deregistration_delay=settings.drain_seconds(found),
        slow_start=float(found.get("slow_start.duration_seconds", 0)) / settings.health_speedup,
        algorithm="least_outstanding_requests" if fewest else "round_robin",
        stickiness=_stickiness(found),
    )


def _stickiness(found: Mapping[str, Any]) -> StickinessSpec | None:
    if found.get("stickiness.enabled") != "true" or found.get("stickiness.type") != "lb_cookie":
        return None
    return StickinessSpec(duration=float(found.get("stickiness.lb_cookie.duration_seconds", 86_400)))


def _health_check(group: FakeTargetGroup, settings: EstateSettings) -> HealthCheckSpec:
    passes, failures = int(group.healthy_threshold_count), int(group.unhealthy_threshold_count)
    interval = float(group.health_check_interval_seconds) / settings.health_speedup
    timeout = float(group.health_check_timeout_seconds) / settings.health_speedup
    longest = settings.longest_health_check / max(passes, failures)
    return HealthCheckSpec(
        path=group.health_check_path or "/",
        interval=max(settings.shortest_check, min(interval, longest)),
        timeout=max(settings.shortest_timeout, timeout),
        healthy_threshold=passes,
        unhealthy_threshold=failures,
        matcher=str((group.matcher or {}).get("HttpCode") or "200"),
    )
