"""A load balancer with all that belongs to it, read, copied by the rollout's own writes, and removed."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from signalbox.aws import clients
from signalbox.aws.routers import balancers
from signalbox.aws.writer import AwsWriter
from signalbox.kernel.errors import Rejected, Transient
from signalbox.rollouts.balancer_writes import copy_balancer, copy_listener, delete_balancer
from signalbox.rollouts.decisions.balancer import missing_balancer
from signalbox.rollouts.dns import named
from signalbox.rollouts.estate import Estate, Layout, Placement, Rule
from signalbox.rollouts.routing import add_record, remove_record
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.writes import CREATED_BY, delete_target_group
from signalbox_local.moto_seams import Seams, load_balancers
from tests.integration.estate_world import REGION, World
from tests.unit import builders

ROLLOUT = "r-01jd9z4k2abcdefgh"
BECOMES_ACTIVE_AFTER = 30.0  # seconds


@pytest.fixture
def world(estate_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The shop behind HTTPS, with a second certificate, a header of its own and a web ACL nowhere."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    clients._made.cache_clear()
    seams = Seams()
    load_balancers(seams, lambda: estate_world.now, BECOMES_ACTIVE_AFTER)
    _dress(estate_world)
    yield estate_world
    seams.undo()
    clients._made.cache_clear()


def _dress(world: World) -> None:
    issue = boto3.client("acm", REGION).request_certificate
    first, second = (issue(DomainName=f"{n}.example.com")["CertificateArn"] for n in ("shop", "cart"))
    forward: Any = [{"Type": "forward", "TargetGroupArn": world.blue}]
    listener = world.elb.create_listener(
        LoadBalancerArn=world.balancer, Protocol="HTTPS", Port=443, DefaultActions=forward,
        Certificates=[{"CertificateArn": first}], SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    world.elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    header: Any = [{"Key": "routing.http.response.server.enabled", "Value": "false"}]
    world.elb.modify_listener_attributes(ListenerArn=listener, Attributes=header)
    world.elb.add_tags(ResourceArns=[world.balancer], Tags=[{"Key": "team", "Value": "web"}])


def scene(world: World, copy: str) -> Scene:
    """A rollout of the shop whose target group has been copied, as it is now."""
    found = world.elb.describe_target_groups()["TargetGroups"]
    arns = {one["TargetGroupName"]: one["TargetGroupArn"] for one in found}
    arn = arns.get(copy) or world.target_group(copy)
    layout = Layout(
        placement=Placement.COPY,
        stable_group="checkout",
        stable_target_group=world.blue,
        candidate_group="copy",
        candidate_target_group=copy,
        template_id="lt-1",
        source_version="1",
        references=(named("Z1", "shop.example.com", "A").reference,),
        candidate_balancer=copy,
    )
    estate = Estate(
        stable=builders.group(),
        candidate=None,
        stable_target_group=builders.target_group(world.blue),
        candidate_target_group=builders.target_group(arn),
        rules=(),
        balancer=balancers.read_original(world.balancer),
        candidate_balancer=balancers.read_copy(copy, whole=True),
    )
    return Scene(rollout_id=ROLLOUT, version="2", layout=layout, snapshot=estate, estate=estate)


def copied(world: World, name: str) -> None:
    """All writes, until nothing is missing."""
    for _ in range(8):
        decision = missing_balancer(scene(world, name))
        if decision is None:
            return
        for write in decision.writes:
            AwsWriter().apply(write, once=True)
    raise AssertionError("something is always missing")


def test_a_copy_has_all_that_the_original_has_and_is_found_by_its_name(world: World) -> None:
    assert balancers.read_copy("shop-sb-abcdefgh", whole=True) is None
    copied(world, "shop-sb-abcdefgh")
    original = balancers.read_original(world.balancer)
    copy = balancers.read_copy("shop-sb-abcdefgh", whole=True)
    assert original is not None
    assert copy is not None
    assert copy.copied == original.copied
    assert (copy.attributes, copy.tags["team"]) == (original.attributes, "web")
    assert copy.tags[CREATED_BY] == ROLLOUT
    for ours, theirs in zip(copy.listeners, original.listeners, strict=True):
        assert (ours.port, ours.copied) == (theirs.port, theirs.copied)
        assert (ours.certificates, ours.attributes) == (theirs.certificates, theirs.attributes)
        assert [(r.priority, r.copied) for r in ours.rules] == [(r.priority, r.copied) for r in theirs.rules]
    (secure,) = [one for one in copy.listeners if one.port == 443]
    assert len(secure.certificates) == 1
    assert secure.attributes["routing.http.response.server.enabled"] == "false"


def test_a_copy_is_active_after_a_while_and_shown_without_its_belongings_when_that_will_do(
    world: World,
) -> None:
    copied(world, "shop-sb-abcdefgh")
    young = balancers.read_copy("shop-sb-abcdefgh", whole=False)
    assert young is not None
    assert (young.state, young.listeners, young.tags[CREATED_BY]) == ("provisioning", (), ROLLOUT)
    world.now += BECOMES_ACTIVE_AFTER
    grown = balancers.read_copy("shop-sb-abcdefgh", whole=False)
    assert grown is not None
    assert grown.state == "active"


def test_what_is_made_twice_is_made_once(world: World) -> None:
    original = balancers.read_original(world.balancer)
    assert original is not None
    for _ in range(2):
        AwsWriter().apply(copy_balancer(original, "shop-sb-abcdefgh", ROLLOUT))
    copy = balancers.read_copy("shop-sb-abcdefgh", whole=True)
    assert copy is not None
    for _ in range(2):
        AwsWriter().apply(
            copy_listener(original.listeners[0], copy.arn, original.listeners[0].actions, ROLLOUT)
        )
    assert [b["LoadBalancerName"] for b in world.elb.describe_load_balancers()["LoadBalancers"]] == [
        "shop",
        "shop-sb-abcdefgh",
    ]


def test_it_goes_twice_and_lets_go_of_its_target_group(world: World) -> None:
    copied(world, "shop-sb-abcdefgh")
    copy = balancers.read_copy("shop-sb-abcdefgh", whole=False)
    assert copy is not None
    found = world.elb.describe_target_groups(Names=["shop-sb-abcdefgh"])["TargetGroups"][0]
    used = delete_target_group(found["TargetGroupArn"])
    with pytest.raises(Transient):
        AwsWriter().apply(used)
    for _ in range(2):
        AwsWriter().apply(delete_balancer(copy.arn))
    assert balancers.read_copy("shop-sb-abcdefgh", whole=True) is None
    AwsWriter().apply(used)


def test_a_web_acl_is_found_by_what_it_protects(world: World) -> None:
    assert balancers.web_acl_of(world.balancer) is None
    wafv2 = boto3.client("wafv2", REGION)
    seen: Any = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    made = wafv2.create_web_acl(
        Name="shield", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen
    )
    wafv2.associate_web_acl(WebACLArn=made["Summary"]["ARN"], ResourceArn=world.balancer)
    assert balancers.web_acl_of(world.balancer) == "shield"


def test_a_network_load_balancer_before_it_is_found_by_its_target(world: World) -> None:
    assert balancers.in_front_of(world.balancer) == ()
    elbv2, ec2 = boto3.client("elbv2", REGION), boto3.client("ec2", REGION)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
    front = elbv2.create_load_balancer(Name="front", Type="network", Subnets=subnets)["LoadBalancers"][0]
    for name, target in (("to-it", world.balancer), ("elsewhere", f"{world.balancer}0")):
        group = elbv2.create_target_group(Name=name, Protocol="TCP", Port=80, VpcId=vpc, TargetType="alb")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": target}])
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        elbv2.create_listener(
            LoadBalancerArn=front["LoadBalancerArn"],
            Protocol="TCP",
            Port=80 if name == "to-it" else 81,
            DefaultActions=forward,  # type: ignore[arg-type]
        )
    assert balancers.in_front_of(world.balancer) == (front["LoadBalancerArn"],)


def test_a_record_that_is_gone_is_removed_again_and_a_foreign_one_refused(world: World) -> None:
    zones = boto3.client("route53", REGION)
    made = zones.create_hosted_zone(Name="example.com.", CallerReference="one")["HostedZone"]["Id"]
    name = named(made.rpartition("/")[2], "shop.example.com", "CNAME")
    record = {
        "Name": name.name, "Type": "CNAME", "TTL": 30, "SetIdentifier": "copy", "Weight": 0,
        "ResourceRecords": [{"Value": "copy.elb.example"}],
    }  # fmt: skip
    rule = Rule(arn=name.reference, actions=())
    AwsWriter().apply(add_record(rule, record))
    for _ in range(2):
        AwsWriter().apply(remove_record(rule, record))
    nowhere = Rule(arn=named("Z0", "shop.example.com", "CNAME").reference, actions=())
    with pytest.raises(Rejected):
        AwsWriter().apply(remove_record(nowhere, record))
