"""A service as its owner would make it with boto3: launch template, group behind a load balancer, alarm."""

from dataclasses import dataclass

from signalbox.rollouts.dns import named
from signalbox_local.owner import (
    MANAGED,
    NOTHING,
    Aws,
    Group,
    Targets,
    await_healthy,
    balancer_dimension,
    forwarding,
    make_balancer,
    make_group,
    make_image,
    make_listener,
    make_records,
    make_rule,
    make_targets,
    make_template,
    make_zone,
    targets_dimension,
    two_subnets,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleService:
    """What was made. `images` are AMI ids by the name of the version; the group runs the first."""

    name: str
    region: str
    images: dict[str, str]
    template: str
    load_balancer: str
    listener: str
    rules: tuple[str, ...]
    groups: tuple[str, ...]
    target_groups: tuple[str, ...]
    alarm: str
    zone: str = ""
    ttl: int = 0

    @property
    def host(self) -> str:
        """The name that divides the traffic, of a service in a zone."""
        return f"{self.name}.example.com"

    @property
    def references(self) -> tuple[str, ...]:
        """What divides its traffic: a name, its rules or, without any, the listener by its default action."""
        if self.zone:
            return (named(self.zone, self.host, "CNAME").reference,)
        return self.rules or (self.listener,)

    def spec(self, **changes: object) -> dict[str, object]:
        """The registration: canary by default; whole fields can be replaced."""
        traffic: dict[str, object] = {"router": "alb"}
        if self.zone:
            traffic = {"router": "route53", "hosted_zone_id": self.zone, "record_name": self.host}
            traffic["record_types"] = ["CNAME"]
            if len(self.groups) == 1:
                traffic |= {"set_identifier": self.groups[0], "load_balancer": "copy"}
        elif not self.rules:
            traffic["listener_arn"] = self.listener
        elif len(self.rules) == 1:
            traffic["listener_rule_arn"] = self.rules[0]
        else:
            traffic["rules"] = list(self.rules)
        platform: dict[str, object] = {"kind": "autoscaling", "region": self.region}
        if len(self.groups) == 1:
            platform["group"] = self.groups[0]
            traffic["target_group_arn"] = self.target_groups[0]
        else:
            pairs = zip(self.groups, self.target_groups, strict=True)
            platform["slots"] = [self._slot(group, arn) for group, arn in pairs]
        spec: dict[str, object] = {
            "name": self.name,
            "owner": "payments",
            "platform": platform,
            "traffic": traffic,
            "strategy": {"preset": "canary", "canary": 1, "bake": "10s", "batch": 50},
            "guards": {"alarms": [self.alarm], "min_healthy_percent": 75},
        }
        return {**spec, **changes}

    def _slot(self, group: str, target_group: str) -> dict[str, str]:
        slot = {"group": group, "target_group_arn": target_group}
        return {**slot, "set_identifier": group} if self.zone else slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the service should look like. `slots` makes two groups, the second one empty; with `rules` 0 the
    listener sends traffic by its default action. `ttl` is that of a DNS name, in seconds, which leads to a
    load balancer for each slot; without it all are behind one."""

    name: str
    size: int = 4
    slots: bool = False
    rules: int = 1
    sticky: bool = False
    versions: tuple[str, ...] = ("v1", "v2", "v3")
    draining: int = 1
    ttl: int = 0
    tags: tuple[dict[str, str], ...] = (MANAGED,)


def make_service(aws: Aws, wish: Wish) -> SampleService:
    """Make it, and wait until all instances are healthy. `aws` makes a client for a service's name."""
    images = {version: make_image(aws, f"{wish.name}-{version}") for version in wish.versions}
    template = make_template(aws, wish.name, images[wish.versions[0]])
    names = (f"{wish.name}-blue", f"{wish.name}-green") if wish.slots else (wish.name,)
    target_groups = tuple(_target_group(aws, name, wish) for name in names)
    subnets = two_subnets(aws)
    doors = _doors(aws, wish, subnets, target_groups)
    zone = _zone(aws, wish, dict(zip(names, doors, strict=True))) if wish.ttl else ""
    for number, (name, target_group) in enumerate(zip(names, target_groups, strict=True)):
        make_group(
            aws,
            Group(
                name=name,
                size=0 if number else wish.size,
                most=2 * wish.size,
                template=template,
                target_group=target_group,
                subnets=subnets,
                tags=wish.tags,
            ),
        )
    alarm = _alarm(aws, wish.name, doors[0].balancer, target_groups[0])
    await_healthy(aws, target_groups[0], wish.size)
    return SampleService(
        name=wish.name,
        region=aws("ec2").meta.region_name,
        images=images,
        template=template,
        load_balancer=doors[0].balancer,
        listener=doors[0].listener,
        rules=doors[0].rules,
        groups=names,
        target_groups=target_groups,
        alarm=alarm,
        zone=zone,
        ttl=wish.ttl,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    balancer: str
    host: str
    listener: str
    rules: tuple[str, ...]


def _doors(aws: Aws, wish: Wish, subnets: list[str], target_groups: tuple[str, ...]) -> list[_Door]:
    """One load balancer for all or, behind a DNS name, one for each."""
    if not wish.ttl:
        return [_door(aws, wish, wish.name, subnets, target_groups)]
    return [_door(aws, wish, f"{wish.name}-{n}", subnets, (arn,)) for n, arn in enumerate(target_groups)]


def _door(aws: Aws, wish: Wish, name: str, subnets: list[str], target_groups: tuple[str, ...]) -> _Door:
    balancer = make_balancer(aws, name, subnets)
    arn, action = str(balancer["LoadBalancerArn"]), forwarding(target_groups, sticky=wish.sticky)
    listener = make_listener(aws, arn, NOTHING if wish.rules else action)
    rules = tuple(_rule(aws, listener, number, action) for number in range(wish.rules))
    return _Door(balancer=arn, host=str(balancer["DNSName"]), listener=listener, rules=rules)


def _zone(aws: Aws, wish: Wish, doors: dict[str, _Door]) -> str:
    zone = make_zone(aws, "example.com.")
    targets = {side: door.host for side, door in doors.items()}
    make_records(aws, zone, f"{wish.name}.example.com.", targets, wish.ttl)
    return zone


def _target_group(aws: Aws, name: str, wish: Wish) -> str:
    attributes = {"deregistration_delay.timeout_seconds": str(wish.draining)}
    return make_targets(aws, Targets(name=name, attributes=attributes, tags=wish.tags))


def _rule(aws: Aws, listener: str, number: int, action: dict[str, object]) -> str:
    path = f"/{number}/*" if number else "/*"
    return make_rule(aws, listener, 10 + number, ("path-pattern", path), action)


def _alarm(aws: Aws, name: str, balancer: str, target_group: str) -> str:
    aws("cloudwatch").put_metric_alarm(
        AlarmName=f"{name}-5xx",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=[
            {"Name": "LoadBalancer", "Value": balancer_dimension(balancer)},
            {"Name": "TargetGroup", "Value": targets_dimension(target_group)},
        ],
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return f"{name}-5xx"


def put_errors(aws: Aws, alarm: str, count: int) -> None:
    """Put the metric that an alarm looks at, with the alarm's own dimensions."""
    for found in aws("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]:
        datum = {"MetricName": found["MetricName"], "Dimensions": found["Dimensions"], "Value": float(count)}
        aws("cloudwatch").put_metric_data(Namespace=found["Namespace"], MetricData=[datum])
