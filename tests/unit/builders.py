"""What tests begin with: a fleet of four behind one rule, and everything that is said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.dns import named, rule_of
from signalbox.rollouts.draft import estate_of
from signalbox.rollouts.estate import (
    Alarm,
    Balancer,
    Estate,
    Group,
    Instance,
    Layout,
    Listener,
    ListenerRule,
    Placement,
    Rule,
    TargetGroup,
)
from signalbox.rollouts.layout import lay_out
from signalbox.rollouts.model import Step
from signalbox.rollouts.record import Requester, Rollout
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.service import Guards, Platform, ServiceSpec, Slot, Strategy, Traffic
from signalbox.rollouts.strategies.drafts import numbered, shift
from signalbox.rollouts.survey import Survey

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
REGION = "eu-west-1"
ACCOUNT = "123456789012"
ROLLOUT = "r-01jd9z4k2abcdefgh"
IMAGE = "ami-0000000000000000b"
OLD_IMAGE = "ami-0000000000000000a"
TEMPLATE = "lt-0a1b2c3d4e5f60718"
_ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
BALANCER = f"{_ELB}:loadbalancer/app/shop/50dc6c495c0c9188"
LISTENER = f"{_ELB}:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"
RULE = f"{_ELB}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
OTHER_RULE = f"{_ELB}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/1283b2d02a6cabff"
BLUE = f"{_ELB}:targetgroup/blue/943f017f100becff"
GREEN = f"{_ELB}:targetgroup/green/a43f017f100becaa"
FOREIGN = f"{_ELB}:targetgroup/foreign/c43f017f100beccc"
COPY = f"{_ELB}:targetgroup/checkout-sb-abcdefgh/d43f017f100becdd"


def instances(version: str, count: int, prefix: str = "i") -> tuple[Instance, ...]:
    return tuple(
        Instance(id=f"{prefix}-{version}-{n}", lifecycle="InService", version=version) for n in range(count)
    )


def group(  # noqa: PLR0913
    name: str = "blue",
    *,
    size: int = 4,
    version: str = "1",
    template_version: str = "",
    serves: str = BLUE,
    suspended: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> Group:
    return Group(
        name=name,
        arn=f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0:autoScalingGroupName/{name}",
        min=min(1, size),
        max=max(10, 2 * size),
        desired=size,
        template_id=TEMPLATE,
        template_version=template_version or version,
        resolved_version=version,
        instances=instances(version, size, f"i-{name}"),
        target_groups=(serves,),
        suspended=tuple(suspended),
        tags={"signalbox:managed": "true"} if tags is None else tags,
        copied={"VPCZoneIdentifier": "subnet-1"},
    )


def target_group(arn: str = BLUE, **more: object) -> TargetGroup:
    made = TargetGroup(
        name=arn.split("/")[1],
        arn=arn,
        interval=10,
        load_balancers=(BALANCER,),
        copied={"Protocol": "HTTP", "Port": 80},
        attributes={"deregistration_delay.timeout_seconds": "20"},
    )
    return replace(made, **more)  # type: ignore[arg-type]


def forwarding_to(sticky: bool = False, /, **weights: int) -> tuple[JsonObject, ...]:  # noqa: FBT001, FBT002
    """Actions with those weights; the names are those of the ARNs above."""
    arns = {"blue": BLUE, "green": GREEN, "foreign": FOREIGN, "copy": COPY}
    return forward_action({arns[name]: weight for name, weight in weights.items()}, sticky=sticky)


def forward_action(weights: Mapping[str, int], *, sticky: bool = False) -> tuple[JsonObject, ...]:
    config: JsonObject = {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()],
        "TargetGroupStickinessConfig": {"Enabled": sticky},
    }
    return ({"Type": "forward", "Order": 1, "ForwardConfig": config},)


def simple_forward(arn: str = BLUE) -> tuple[JsonObject, ...]:
    """As AWS describes a rule with one target group."""
    config: JsonObject = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": 1}]}
    return ({"Type": "forward", "TargetGroupArn": arn, "ForwardConfig": config},)


def rule(arn: str = RULE, actions: tuple[JsonObject, ...] | None = None) -> Rule:
    return Rule(arn=arn, actions=simple_forward() if actions is None else actions)


def alarm(name: str = "checkout-5xx", state: str = "OK", **more: object) -> Alarm:
    made = Alarm(
        name=name,
        arn=f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        state=state,
        updated_at="2026-11-22T07:00:00.000Z",
        reason="Threshold Crossed",
        span=60,
        dimensions={"TargetGroup": BLUE.rsplit(":", 1)[-1]},
        copied={"Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count"},
    )
    return replace(made, **more)  # type: ignore[arg-type]


CANARY = Strategy(preset="canary")
BLUE_GREEN = Strategy(preset="blue-green")
LINEAR = Strategy(preset="linear")


ZONE, SHOP = "Z0123456789", "shop.example.com."
BLUE_BALANCER = f"{_ELB}:loadbalancer/app/blue/50dc6c495c0c9180"
GREEN_BALANCER = f"{_ELB}:loadbalancer/app/green/50dc6c495c0c9181"


def by_name(of: ServiceSpec) -> ServiceSpec:
    """The same service, whose slots have a load balancer each, and share a DNS name."""
    slots = tuple(replace(slot, set_identifier=slot.group) for slot in of.platform.slots or ())
    traffic = Traffic(router="route53", hosted_zone_id=ZONE, record_name="shop.example.com")
    return replace(of, platform=replace(of.platform, slots=slots), traffic=traffic)


def copied(of: ServiceSpec) -> ServiceSpec:
    """The same service: one group behind a DNS name, whose load balancer may be copied."""
    traffic = Traffic(
        router="route53",
        hosted_zone_id=ZONE,
        record_name="shop.example.com",
        target_group_arn=BLUE,
        set_identifier="blue",
        load_balancer="copy",
    )
    return replace(of, platform=Platform(kind="autoscaling", group="blue"), traffic=traffic)


def original(**more: object) -> Balancer:
    """Blue's load balancer: a listener with a rule, certificates and headers; one that redirects."""
    paths: JsonObject = {"Conditions": [{"Field": "path-pattern", "Values": ["/shop/*"]}]}
    redirect: JsonObject = {"Type": "redirect", "RedirectConfig": {"Port": "443", "StatusCode": "HTTP_301"}}
    secure = Listener(
        arn=LISTENER,
        port=443,
        copied={"Protocol": "HTTPS", "Port": 443, "Certificates": [{"CertificateArn": "arn:certificate/1"}]},
        actions=simple_forward(),
        attributes={"routing.http.response.server.enabled": "false"},
        certificates=("arn:certificate/2",),
        rules=(ListenerRule(priority="10", copied=paths, actions=simple_forward()),),
    )
    plain = Listener(
        arn=f"{LISTENER}a", port=80, copied={"Protocol": "HTTP", "Port": 80}, actions=(redirect,)
    )
    made = Balancer(
        name="blue",
        arn=BLUE_BALANCER,
        host="blue.elb.example",
        zone="Z32O12X",
        tags={"team": "web", "aws:cloudformation:stack-name": "web", "signalbox:managed": "true"},
        copied={"Subnets": ["subnet-1", "subnet-2"], "Scheme": "internet-facing", "Type": "application"},
        attributes={"idle_timeout.timeout_seconds": "30", "deletion_protection.enabled": "true"},
        listeners=(secure, plain),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def survey_of_copied(*rules: Rule, **more: object) -> Survey:
    """As `survey_by_name`, where blue alone is behind the name."""
    found = survey_by_name(*(rules or (name_rule(blue=255),)))
    return replace(found, **{"original": original(), **more})  # type: ignore[arg-type]


def record(side: str, weight: int, **more: object) -> JsonObject:
    """An alias to the load balancer of a slot."""
    target = {
        "HostedZoneId": "Z32O12X",
        "DNSName": f"{side}.elb.example.",
        "EvaluateTargetHealth": True,
    }
    made = {"Name": SHOP, "Type": "A", "SetIdentifier": side, "Weight": weight, "AliasTarget": target}
    return {**made, "HealthCheckId": f"check-{side}", **more}


def name_rule(**weights: int) -> Rule:
    """The shop's name, as if it were a rule."""
    sides = {"blue": BLUE, "green": GREEN}
    return rule_of(named(ZONE, SHOP, "A"), [record(side, weight) for side, weight in weights.items()], sides)


def survey_by_name(*rules: Rule) -> Survey:
    """As `survey`, with a load balancer for each slot."""
    found = rules or (name_rule(blue=255, green=0),)
    behind = ((BLUE, BLUE_BALANCER), (GREEN, GREEN_BALANCER))
    return survey(
        rules={one.arn: one for one in found},
        references=(),
        target_groups={arn: target_group(arn, load_balancers=(balancer,)) for arn, balancer in behind},
        balancers={BLUE_BALANCER: "Blue.elb.example", GREEN_BALANCER: "green.elb.example"},
    )


def spec(strategy: Strategy = CANARY, *, slots: bool = False, guards: Guards | None = None) -> ServiceSpec:
    guards = guards or Guards(alarms=("checkout-5xx",))
    if slots:
        platform = Platform(kind="autoscaling", slots=(_slot("blue", BLUE), _slot("green", GREEN)))
        traffic = Traffic(router="alb", listener_rule_arn=RULE)
    else:
        platform = Platform(kind="autoscaling", group="blue")
        traffic = Traffic(router="alb", listener_rule_arn=RULE, target_group_arn=BLUE)
    return ServiceSpec(
        name="checkout",
        owner="payments",
        platform=platform,
        traffic=traffic,
        strategy=strategy,
        guards=guards,
    )


def _slot(name: str, arn: str) -> Slot:
    return Slot(group=name, target_group_arn=arn)


def survey(**more: object) -> Survey:
    """Blue serves, green is empty, one rule, one alarm, one template with one version."""
    rules = (rule(),)
    made = Survey(
        region=REGION,
        account=ACCOUNT,
        groups={"blue": group(), "green": group("green", size=0, serves=GREEN)},
        target_groups={BLUE: target_group(), GREEN: target_group(GREEN)},
        rules={r.arn: r for r in rules},
        references=rules,
        alarms={"checkout-5xx": alarm()},
        images={TEMPLATE: {"1": OLD_IMAGE}},
    )
    return replace(made, **more)  # type: ignore[arg-type]


def layout(placement: Placement = Placement.BESIDE, found: Survey | None = None) -> Layout:
    steps = () if placement is Placement.BESIDE else numbered([shift(100)])
    of = spec(slots=placement is Placement.SLOT)
    return lay_out(of, steps, found or survey(), ROLLOUT)


def scene(
    placement: Placement = Placement.BESIDE,
    *,
    found: Survey | None = None,
    version: str = IMAGE,
    floor: int = 100,
) -> Scene:
    """Before the first step."""
    found = found or survey()
    placed = layout(placement, found)
    estate = estate_of(placed, found)
    return Scene(
        rollout_id=ROLLOUT,
        version=version,
        layout=placed,
        snapshot=estate.settings(),
        estate=estate,
        min_healthy_percent=floor,
        alarms=tuple(found.alarms.values()),
    )


def healthy(estate: Estate) -> Estate:
    """The same with every present instance a healthy target of its group's target groups."""
    health: dict[str, dict[str, str]] = {}
    for one in (estate.stable, estate.candidate):
        for arn in one.target_groups if one else ():
            health.setdefault(arn, {}).update({i.id: "healthy" for i in (one.present if one else ())})
    return replace(estate, health=health)


def rollout(of: ServiceSpec | None = None, *, steps: tuple[Step, ...] = (), **more: object) -> Rollout:
    of = of or spec()
    made = Rollout(
        rollout_id=ROLLOUT,
        service=of.name,
        spec=of,
        version=IMAGE,
        previous_version=OLD_IMAGE,
        layout=lay_out(of, steps, survey(), ROLLOUT),
        requested_by=Requester(caller="arn:aws:iam::123456789012:user/ana"),
        created_at=NOW,
        steps=steps,
    )
    return replace(made, **more)  # type: ignore[arg-type]
