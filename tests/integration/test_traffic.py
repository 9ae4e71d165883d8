"""From moto's records to real requests and back: the topology that the data plane is shown, its health in
DescribeTargetHealth, its counts in CloudWatch, its addresses by name."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from moto.route53.models import route53_backends

from signalbox_local.estate.control import estate_control
from signalbox_local.moto_seams import Seams, metric_data
from signalbox_local.plane import DataPlane, Forward, Redirect, Report, TargetHealth, Topology
from signalbox_local.traffic import keep_metrics, traffic_control
from tests.integration.estate_world import ACCOUNT, REGION, World

PATIENCE_SECONDS = 20


class FakePlane:
    """Takes what it is shown, says what the test says."""

    def __init__(self) -> None:
        self.shown: Topology = Topology()
        self.told: dict[tuple[str, str], TargetHealth] = {}

    def show(self, topology: Topology) -> None:
        self.shown = topology

    def health(self, target_group: str, target: str) -> TargetHealth | None:
        return self.told.get((target_group, target))

    def tell(self, world: World, state: Any, reason: str | None = None) -> None:
        for instance in world.ids():
            self.told[world.blue, instance] = TargetHealth(state, reason)


@pytest.fixture
def world(estate_world: World) -> World:
    return estate_world


@pytest.fixture
def plane(world: World) -> FakePlane:
    plane = FakePlane()
    world.estate.serve_by(plane)
    return plane


def serving(world: World, desired: int = 2) -> None:
    world.group(desired=desired)
    world.until(lambda: world.states() == ["InService"] * desired)


def test_an_instance_is_up_once_it_has_booted(world: World, plane: FakePlane) -> None:
    world.group()
    world.until(lambda: world.states() == ["Pending", "Pending"])
    assert plane.shown.instances == {}
    world.until(lambda: world.states() == ["InService", "InService"])
    assert {spec.image for spec in plane.shown.instances.values()} == {"ami-good"}
    assert {spec.zone for spec in plane.shown.instances.values()} == {f"{REGION}a", f"{REGION}b"}
    assert plane.shown.target_groups[world.blue].targets == dict.fromkeys(world.ids(), 80)


def test_an_instance_that_dies_is_gone_at_once_and_a_target_still(world: World, plane: FakePlane) -> None:
    serving(world)
    victim = min(world.ids())
    estate_control(world.estate)("POST", {}, {"kill": [victim]})
    world.pass_time(0.5)
    assert victim not in plane.shown.instances
    assert victim in plane.shown.target_groups[world.blue].targets
    world.until(lambda: victim not in plane.shown.target_groups[world.blue].targets)


def test_target_groups_are_shown_with_their_checks_and_users(world: World, plane: FakePlane) -> None:
    green = world.target_group("green")
    world.elb.modify_target_group(
        TargetGroupArn=world.blue, HealthCheckPath="/health", HealthCheckIntervalSeconds=10,
        HealthyThresholdCount=2, Matcher={"HttpCode": "200-299"},
    )  # fmt: skip
    attributes = {
        "stickiness.enabled": "true",
        "stickiness.lb_cookie.duration_seconds": "60",
        "load_balancing.algorithm.type": "least_outstanding_requests",
        "slow_start.duration_seconds": "50",
        "deregistration_delay.timeout_seconds": "1",
    }
    world.elb.modify_target_group_attributes(
        TargetGroupArn=world.blue,
        Attributes=[{"Key": key, "Value": value} for key, value in attributes.items()],
    )
    world.pass_time(0.5)
    shown = plane.shown.target_groups[world.blue]
    assert shown.load_balancers == (world.balancer.partition("loadbalancer/")[2],)
    assert plane.shown.target_groups[green].load_balancers == ()
    health = shown.health
    assert (health.path, health.matcher, health.interval, health.healthy_threshold) == (
        "/health", "200-299", 1.0, 2,
    )  # fmt: skip
    assert (shown.algorithm, shown.slow_start, shown.deregistration_delay) == (
        "least_outstanding_requests", 10, 1,
    )  # fmt: skip
    assert shown.stickiness
    assert shown.stickiness.duration == 60


def test_rules_are_shown_in_order_with_their_weights(world: World, plane: FakePlane) -> None:
    green = world.target_group("green")
    forward: Any = [
        {
            "Type": "forward",
            "ForwardConfig": {
                "TargetGroups": [
                    {"TargetGroupArn": world.blue, "Weight": 90},
                    {"TargetGroupArn": green, "Weight": 10},
                ],
                "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 30},
            },
        }
    ]
    world.elb.modify_rule(RuleArn=world.rule, Actions=forward)
    query: Any = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}}
    header: Any = {
        "Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes"]},
    }
    redirect: Any = [{"Type": "redirect", "RedirectConfig": {"Port": "443", "StatusCode": "HTTP_301"}}]
    for priority, condition in ((30, query), (20, header)):
        world.elb.create_rule(
            ListenerArn=world.listener, Priority=priority, Conditions=[condition], Actions=redirect
        )
    world.elb.set_rule_priorities(RulePriorities=[{"RuleArn": world.rule, "Priority": 40}])
    world.pass_time(0.5)
    first, second, third, default = plane.shown.listeners[world.listener].rules
    assert (first.conditions[0].header_name, first.conditions[0].values) == ("X-Beta", ("yes",))
    assert first.actions[0].redirect == Redirect(status=301, port="443")
    assert second.conditions[0].values == ("v=2",)
    assert third.actions[0].forward == Forward(weights={world.blue: 90, green: 10}, stickiness=30)
    assert default.actions[0].fixed_response
    assert default.actions[0].fixed_response.status == 404


def network_target_group(world: World) -> str:
    """One behind a network load balancer."""
    network = world.elb.create_load_balancer(Name="net", Subnets=world.subnets, Type="network")
    group = world.elb.create_target_group(Name="tcp", Protocol="TCP", Port=80, VpcId=world.vpc)
    arn: str = group["TargetGroups"][0]["TargetGroupArn"]
    world.elb.create_listener(
        LoadBalancerArn=network["LoadBalancers"][0]["LoadBalancerArn"], Protocol="TCP", Port=80,
        DefaultActions=[
            {"Type": "forward", "TargetGroupArn": arn}
        ],
    )  # fmt: skip
    return arn


def test_listeners_of_other_protocols_are_not_shown(world: World, plane: FakePlane) -> None:
    network_target_group(world)
    world.pass_time(0.5)
    assert list(plane.shown.listeners) == [world.listener]
    assert list(plane.shown.target_groups) == [world.blue]


def test_targets_of_other_protocols_go_by_the_clock(world: World, plane: FakePlane) -> None:
    arn = network_target_group(world)
    world.group(TargetGroupARNs=[arn])
    world.until(lambda: world.health(arn) == ["healthy", "healthy"])


def test_the_health_of_targets_is_what_the_plane_says(world: World, plane: FakePlane) -> None:
    serving(world)
    assert world.health() == ["initial", "initial"]
    plane.tell(world, "healthy")
    assert world.health() == ["healthy", "healthy"]
    plane.tell(world, "unhealthy", "Target.Timeout")
    answer = world.elb.describe_target_health(TargetGroupArn=world.blue)["TargetHealthDescriptions"][0]
    assert answer["TargetHealth"] == {
        "State": "unhealthy",
        "Reason": "Target.Timeout",
        "Description": "Request timed out",
    }
    world.elb.deregister_targets(TargetGroupArn=world.blue, Targets=[{"Id": min(world.ids())}])
    assert world.health() == ["draining", "unhealthy"]


def test_a_group_replaces_what_the_plane_finds_unhealthy(world: World, plane: FakePlane) -> None:
    serving(world, 1)
    world.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName="checkout", HealthCheckType="ELB", HealthCheckGracePeriod=0
    )
    before = world.ids()
    plane.tell(world, "unhealthy", "Target.FailedHealthChecks")
    world.until(lambda: world.ids() and not world.ids() & before)


def test_behaviours_and_unhealthy_images_are_shown(world: World, plane: FakePlane) -> None:
    tell = estate_control(world.estate)
    tell("POST", {}, {"behaviours": {"ami-good": {"errors_percent": 5}}})
    tell("POST", {}, {"unhealthy_images": ["ami-good", "ami-bad"]})
    world.pass_time(0.5)
    good, bad = plane.shown.behaviours["ami-good"], plane.shown.behaviours["ami-bad"]
    assert (good.errors_percent, good.never_healthy, bad.never_healthy) == (5, True, True)
    tell("POST", {}, {"unhealthy_images": []})
    world.pass_time(0.5)
    assert not plane.shown.behaviours["ami-good"].never_healthy


def test_weighted_names_lead_to_load_balancers(world: World) -> None:
    route53_backends[ACCOUNT]["aws"].zones.clear()
    route53 = boto3.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    described = world.elb.describe_load_balancers(LoadBalancerArns=[world.balancer])["LoadBalancers"][0]
    dns = described["DNSName"]
    alias = {"HostedZoneId": "Z1", "DNSName": f"dualstack.{dns}.", "EvaluateTargetHealth": False}
    records: list[Any] = [
        {"Name": "shop.example.com", "Type": "CNAME", "TTL": 5, "SetIdentifier": "blue", "Weight": 90,
         "ResourceRecords": [{"Value": dns.upper()}]},
        {"Name": "shop.example.com", "Type": "CNAME", "TTL": 5, "SetIdentifier": "green", "Weight": 10,
         "ResourceRecords": [{"Value": dns}]},
        {"Name": "www.example.com", "Type": "A", "AliasTarget": alias},
        {"Name": "www.example.com", "Type": "AAAA", "AliasTarget": alias},
        {"Name": "else.example.com", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "192.0.2.1"}]},
    ]  # fmt: skip
    changes: Any = [{"Action": "UPSERT", "ResourceRecordSet": record} for record in records]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    url = "http://127.0.0.1:8081"
    told: Any = traffic_control(lambda: {world.listener: url}, world.estate.lock, ACCOUNT, REGION)(
        "GET", {}, None
    )
    assert told["load_balancers"] == {dns: {"80": url}}
    assert told["names"] == {
        "shop.example.com.": {"ttl": 5, "records": [{"weight": 90, "url": url}, {"weight": 10, "url": url}]},
        "www.example.com.": {"ttl": 60, "records": [{"weight": 1, "url": url}]},
    }


def test_a_fleet_of_two_hundred_is_read_in_a_moment(world: World, plane: FakePlane) -> None:
    world.group(desired=0, MaxSize=200)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName="checkout", DesiredCapacity=200)
    world.pass_time(2)
    assert len(plane.shown.instances) == 200
    began = time.perf_counter()
    world.estate.step()
    assert time.perf_counter() - began < 0.1


class Served:
    """A world whose instances really answer."""

    def __init__(self, world: World, plane: DataPlane) -> None:
        self.world = world
        self.plane = plane
        self.cloudwatch = boto3.client("cloudwatch", REGION)

    def get(self) -> int:
        try:
            with urlopen(f"{self.plane.addresses()[self.world.listener]}/") as answer:
                return int(answer.status)
        except HTTPError as problem:
            return problem.code

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not become so"
            self.world.pass_time(0.5)
            time.sleep(0.02)

    def requests(self) -> float:
        found = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/ApplicationELB", MetricName="RequestCount", Period=60, Statistics=["Sum"],
            Dimensions=[
                {"Name": "TargetGroup", "Value": self.world.blue.rpartition(":")[2]},
                {"Name": "LoadBalancer", "Value": self.world.balancer.partition("loadbalancer/")[2]},
            ],
            StartTime=datetime.now(UTC) - timedelta(minutes=2), EndTime=datetime.now(UTC),
        )["Datapoints"]  # fmt: skip
        return sum(point["Sum"] for point in found)


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    def told(report: Report) -> None:
        keep_metrics(report, ACCOUNT, REGION)

    seams, plane = Seams(), DataPlane(told, resolution=1)
    metric_data(seams)
    plane.start()
    world.estate.serve_by(plane)
    yield Served(world, plane)
    plane.stop()
    seams.undo()


def test_requests_are_answered_counted_and_found_in_cloudwatch(served: Served) -> None:
    served.world.group()
    served.until(lambda: served.world.health() == ["healthy", "healthy"])
    assert [served.get() for _ in range(20)] == [200] * 20
    served.until(lambda: served.requests() == 20)


def test_a_version_that_never_becomes_healthy_does_not_in_real_checks(served: Served) -> None:
    estate_control(served.world.estate)("POST", {}, {"behaviours": {"ami-good": {"never_healthy": True}}})
    served.world.group()
    served.until(lambda: served.world.health() == ["unhealthy", "unhealthy"])
