"""One group behind a name: a rollout makes a load balancer of its own; the name leads to it and back."""

from typing import Any

import pytest

from signalbox_local.owner import Targets as WishedTargets
from signalbox_local.owner import make_listener, make_rule, make_targets
from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import World

FLOOR = 3
TTL = 2
BLUE_GREEN = {"preset": "blue-green", "bake": "1s"}


@pytest.fixture
def service(world: World) -> SampleService:
    """Its listener redirects elsewhere by default, answers on a second port, and has a header of its own."""
    made = world.service(ttl=TTL)
    make_listener(world.aws, made.load_balancer, _REDIRECT, port=8080)
    balancers = world.aws("elbv2")
    timeout = [{"Key": "idle_timeout.timeout_seconds", "Value": "75"}]
    balancers.modify_load_balancer_attributes(LoadBalancerArn=made.load_balancer, Attributes=timeout)
    balancers.add_tags(ResourceArns=[made.load_balancer], Tags=[{"Key": "team", "Value": "web"}])
    return made


_REDIRECT = {"Type": "redirect", "RedirectConfig": {"Port": "443", "StatusCode": "HTTP_301"}}


def copy_of(world: World, service: SampleService) -> dict[str, Any]:
    """The load balancer that a rollout has made, with all that belongs to it."""
    balancers = world.aws("elbv2")
    found = balancers.describe_load_balancers()["LoadBalancers"]
    (made,) = [one for one in found if one["LoadBalancerName"].startswith(f"{service.name}-sb-")]
    arn = made["LoadBalancerArn"]
    attributes = balancers.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    listeners = balancers.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    rules = [
        r for one in listeners for r in balancers.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]
    ]
    tags = balancers.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    return {
        "attributes": {one["Key"]: one["Value"] for one in attributes},
        "listeners": {one["Port"]: one["DefaultActions"][0]["Type"] for one in listeners},
        "rules": [rule for rule in rules if not rule["IsDefault"]],
        "tags": {one["Key"]: one["Value"] for one in tags},
        "host": made["DNSName"],
    }


def test_the_name_leads_to_a_copy_and_back_to_the_renewed_original(
    world: World, service: SampleService
) -> None:
    world.register(service, strategy={**BLUE_GREEN, "bake": "5m"})
    (name,) = service.references
    with never_below(world, service, FLOOR):
        story = world.start(service, "v2")
        held = story.until_holding("bake")
        assert held["shares"]["actual"] == {"stable": 0, "candidate": 100}
        copy = copy_of(world, service)
        records = {one["SetIdentifier"]: one for one in world.actions(name)}
        assert story.ask("promote").status == 202
        assert story.until_ended()["phase"] == "succeeded"
    assert (copy["attributes"]["idle_timeout.timeout_seconds"], copy["tags"]["team"]) == ("75", "web")
    assert copy["tags"]["signalbox:created-by"] == story.rollout_id
    assert copy["listeners"] == {80: "fixed-response", 8080: "redirect"}
    assert [rule["Conditions"][0]["Values"] for rule in copy["rules"]] == [["/*"]]
    made = records[f"{service.name}-sb-{story.rollout_id[-8:]}"]
    assert (made["ResourceRecords"], made["TTL"]) == ([{"Value": copy["host"]}], TTL)
    assert world.weights(name) == {service.target_groups[0]: 100}
    assert world.images(service.name) == {service.images["v2"]}
    assert_nothing_left(world, service, story)


def test_an_alarm_leads_the_name_back_and_all_that_was_made_goes(
    world: World, service: SampleService
) -> None:
    world.register(service, strategy={"preset": "linear", "share": 40, "every": "5m"})
    before, story = picture(world, service), world.start(service)
    held = story.until_holding("bake")
    assert held["shares"]["actual"] == {"stable": 60, "candidate": 40}
    since = world.last_call()
    with never_below(world, service, FLOOR):
        world.raise_alarm(service.alarm)
        ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    calls = world.calls(since)
    alarm = [call["operation"] for call in calls if "OnAlarmFunction" in call["principal"]]
    assert alarm[:3] == ["Query", "UpdateItem", "ChangeResourceRecordSets"]
    gone = ("DeleteLoadBalancer", "DeleteAutoScalingGroup", "DeleteTargetGroup")
    assert [call["operation"] for call in calls if call["operation"] in gone] == list(gone)
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_an_abort_while_it_is_being_made_leaves_nothing(world: World, service: SampleService) -> None:
    world.register(service, strategy=BLUE_GREEN)
    before, since = picture(world, service), world.last_call()
    story = world.start(service)
    story.until(lambda _: any(c["operation"] == "CreateLoadBalancer" for c in world.calls(since)))
    assert story.ask("abort").status == 202
    assert story.until_ended()["phase"] == "aborted"
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_plan_names_what_is_made_and_what_it_costs(world: World, service: SampleService) -> None:
    told = world.register(service, strategy=BLUE_GREEN)
    assert any("only who comes by" in text for text in told.body["warnings"])
    path = f"/services/{service.name}/plan"
    plan = world.api().request("POST", path, {"version": service.images["v2"]}).body
    made = [text.partition(": ")[0] for text in plan["creates"]]
    order = ["CreateTargetGroup", "CreateLoadBalancer", "CreateListener"]
    assert [made.index(each) for each in order] == sorted(made.index(each) for each in order)
    assert "DeleteLoadBalancer: {candidate.load_balancer}" in plan["removes"]
    assert plan["estimate"]["extra_load_balancer_hours"] > 0
    beside = world.api().request(
        "POST", path, {"version": service.images["v2"], "strategy": {"preset": "rolling"}}
    )
    assert beside.body["estimate"]["extra_load_balancer_hours"] == 0
    assert any("nothing is copied" in text for text in beside.body["warnings"])


def test_what_no_copy_could_serve_is_refused(world: World, service: SampleService) -> None:
    attributes = {"deregistration_delay.timeout_seconds": "1"}
    other = make_targets(world.aws, WishedTargets(name=f"{service.name}-o", attributes=attributes))
    action = {"Type": "forward", "TargetGroupArn": other}
    make_rule(world.aws, service.listener, 50, ("path-pattern", "/other/*"), action)
    acl = world.aws("wafv2").create_web_acl(
        Name="shield", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=_SEEN
    )
    world.aws("wafv2").associate_web_acl(WebACLArn=acl["Summary"]["ARN"], ResourceArn=service.load_balancer)
    told = world.api().request("PUT", f"/services/{service.name}", service.spec())
    assert told.status == 422
    assert {violation["field"] for violation in told.body["violations"]} == {"traffic.load_balancer"}
    messages = " ".join(violation["message"] for violation in told.body["violations"])
    assert f"rule 50 of listener 80 also forwards to {other}" in messages
    assert "shield protects" in messages


_SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "shield"}
