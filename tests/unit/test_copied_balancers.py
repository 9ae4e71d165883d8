"""Blue/green by name with one group: its load balancer is copied, known by the name last, and goes first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.kernel.errors import Unprocessable
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.balancer_writes import delete_balancer
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.decisions.balancer import missing_balancer
from signalbox.rollouts.decisions.provision import decide_provision
from signalbox.rollouts.decisions.removal import remove_candidate
from signalbox.rollouts.decisions.scaling import handed_over
from signalbox.rollouts.dns import leading_to
from signalbox.rollouts.draft import Draft, draft, estate_of, estimate_of, writes_of
from signalbox.rollouts.estate import Carried, Listener, ListenerRule
from signalbox.rollouts.layout import lay_out
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.predict_routers import BALANCER
from signalbox.rollouts.scene import Decision, Scene
from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox.rollouts.strategies.drafts import numbered, provision, shift
from signalbox.rollouts.survey import Survey
from signalbox.rollouts.validation import violations
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE,
    BLUE_BALANCER,
    BLUE_GREEN,
    FOREIGN,
    IMAGE,
    ROLLOUT,
    SHOP,
    copied,
    forward_action,
    name_rule,
    original,
    record,
    simple_forward,
    spec,
    survey_of_copied,
    target_group,
)
from tests.unit.machine import ANA
from tests.unit.stories import assert_as_before, assert_over, begun, look

NAME = "blue-green by name, copied"
SHOP_RULE = name_rule(blue=255).arn
COPY = "checkout-sb-abcdefgh"


def scene(of: ServiceSpec | None = None, found: Survey | None = None) -> Scene:
    """Before the first step, at a version that is there."""
    found = found or survey_of_copied()
    placed = lay_out(of or copied(spec(BLUE_GREEN)), numbered([shift(100)]), found, ROLLOUT)
    estate = estate_of(placed, found)
    return Scene(rollout_id=ROLLOUT, version="2", layout=placed, snapshot=estate.settings(), estate=estate)


def provisioned(before: Scene) -> tuple[Scene, list[Decision]]:
    """Until it has settled, or waits."""
    decisions = [decide_provision(before, provision(percent=100))]
    while decisions[-1].writes:
        before = before.looking_at(predicted(before.estate, decisions[-1].writes))
        if before.estate.rules[0].records.get(str(before.candidate_target_group)):
            before = before.looking_at(replace(before.estate, balancer=None))  # as it is observed
        decisions.append(decide_provision(before, provision(percent=100)))
    return before, decisions


def writes(decisions: list[Decision], operation: str) -> list[Write]:
    return [w for decision in decisions for w in decision.writes if w.operation == operation]


def changes(write: Write) -> list[tuple[str, str, int]]:
    batch = write.parameters["ChangeBatch"]
    assert isinstance(batch, dict)
    sets = [(one["Action"], one["ResourceRecordSet"]) for one in batch["Changes"]]
    return [(action, record["SetIdentifier"], record["Weight"]) for action, record in sets]


def refused(found: Survey, of: ServiceSpec | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Unprocessable) as told:
        draft(of or copied(spec(BLUE_GREEN)), found, IMAGE)
    return [(one.field, one.message) for one in told.value.violations]


def drafted(of: ServiceSpec | None = None, found: Survey | None = None) -> Draft:
    return draft(of or copied(spec(BLUE_GREEN)), found or survey_of_copied(), IMAGE)


def test_a_copy_is_made_with_all_that_belongs_to_it_and_is_known_by_the_name_last() -> None:
    _, decisions = provisioned(scene())
    assert [write.operation for decision in decisions for write in decision.writes] == [
        "CreateTargetGroup",
        "ModifyTargetGroupAttributes",
        "CreateLoadBalancer",
        "ModifyLoadBalancerAttributes",
        "CreateListener",
        "CreateListener",
        "ModifyListenerAttributes",
        "AddListenerCertificates",
        "CreateRule",
        "PutMetricAlarm",
        "UpdateAutoScalingGroup",
        "CreateAutoScalingGroup",
        "ChangeResourceRecordSets",
    ]
    assert decisions[-1].settled
    (known,) = writes(decisions, "ChangeResourceRecordSets")
    assert changes(known) == [("UPSERT", COPY, 0)]


def test_a_copy_stands_where_the_original_stands_and_carries_its_owners_tags() -> None:
    _, decisions = provisioned(scene())
    (made,) = writes(decisions, "CreateLoadBalancer")
    tags = {"team": "web", "signalbox:managed": "true", "signalbox:created-by": ROLLOUT}
    assert made.parameters == {
        "Name": COPY,
        **original().copied,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    (attributes,) = writes(decisions, "ModifyLoadBalancerAttributes")
    assert attributes.parameters["Attributes"] == [
        {"Key": "deletion_protection.enabled", "Value": "false"},
        {"Key": "idle_timeout.timeout_seconds", "Value": "30"},
    ]


def test_listeners_and_rules_forward_to_the_candidate_and_redirect_as_before() -> None:
    here, decisions = provisioned(scene())
    secure, plain = writes(decisions, "CreateListener")
    target = {"TargetGroupArn": str(here.candidate_target_group), "Weight": 100}
    to_candidate = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [target]}}]
    assert secure.parameters["DefaultActions"] == to_candidate
    assert secure.parameters["Certificates"] == [{"CertificateArn": "arn:certificate/1"}]
    assert plain.parameters["DefaultActions"] == list(original().listeners[1].actions)
    (rule,) = writes(decisions, "CreateRule")
    assert (rule.parameters["Priority"], rule.parameters["Actions"]) == (10, to_candidate)
    assert rule.parameters["Conditions"] == original().listeners[0].rules[0].copied["Conditions"]


@pytest.mark.parametrize("name", ["internal-shop", "internal--shop", "a_shop_with_a_very_long_name_indeed"])
def test_names_are_those_that_aws_takes(name: str) -> None:
    placed = scene(replace(copied(spec(BLUE_GREEN)), name=name)).layout
    for made in (placed.candidate_balancer, placed.candidate_target_group):
        assert len(made) <= 32
        assert "_" not in made
    assert not placed.candidate_balancer.startswith(("internal-", "-"))


def test_what_is_there_already_is_not_made_again() -> None:
    before = scene()
    whole, decisions = provisioned(before)
    again = whole.looking_at(replace(whole.estate, balancer=original()))
    assert missing_balancer(again) is None
    half = replace(whole.estate.candidate_balancer, listeners=whole.estate.candidate_balancer.listeners[:1])  # type: ignore[type-var, union-attr]
    rest = missing_balancer(again.looking_at(replace(again.estate, candidate_balancer=half)))
    assert rest is not None
    assert [write.parameters["Port"] for write in rest.writes] == [80]
    assert decisions[-1].settled


def test_the_name_waits_for_a_load_balancer_that_is_still_on_its_way() -> None:
    whole, _ = provisioned(scene())
    assert whole.estate.candidate_balancer is not None
    young = replace(whole.estate.candidate_balancer, state="provisioning")
    rules = (name_rule(blue=255),)
    here = whole.looking_at(replace(whole.estate, candidate_balancer=young, rules=rules))
    decision = decide_provision(here, provision(percent=100))
    assert (decision.settled, decision.writes) == (False, ())
    assert decision.reason == f"the load balancer {COPY} is provisioning"


def test_only_rules_that_requests_for_the_name_can_meet_are_copied() -> None:
    def on(priority: str, **condition: object) -> ListenerRule:
        conditions: JsonObject = {"Conditions": [{"Field": "host-header", **condition}]}
        return ListenerRule(priority=priority, copied=conditions, actions=simple_forward())

    rules = (
        on("1", Values=["api.example.com"]),
        on("2", HostHeaderConfig={"Values": ["other.example.com", "SHOP.*"]}),
        on("3", HostHeaderConfig={"RegexValues": ["^api.*"]}),
    )
    listener = replace(original().listeners[0], rules=rules)
    _, decisions = provisioned(scene(found=survey_of_copied(original=original(listeners=(listener,)))))
    assert [write.parameters["Priority"] for write in writes(decisions, "CreateRule")] == [2, 3]


def test_a_record_of_the_copy_is_like_the_first_and_has_no_health_check_of_it() -> None:
    alias = leading_to(record("blue", 255), COPY, host="copy.elb.example", zone="Z9")
    assert alias["AliasTarget"] == {
        "HostedZoneId": "Z9",
        "DNSName": "copy.elb.example",
        "EvaluateTargetHealth": True,
    }
    assert (alias["Name"], alias["SetIdentifier"], alias["Weight"]) == (SHOP, COPY, 0)
    assert "HealthCheckId" not in alias
    dual: JsonObject = {"DNSName": "dualstack.blue.elb.example.", "HostedZoneId": "Z1"}
    both = leading_to(record("blue", 1, AliasTarget=dual), COPY, host="copy.elb.example", zone="Z9")
    assert both["AliasTarget"] == {"HostedZoneId": "Z9", "DNSName": "dualstack.copy.elb.example"}
    plain: JsonObject = {"Name": SHOP, "Type": "CNAME", "TTL": 30, "SetIdentifier": "blue", "Weight": 1}
    other = leading_to({**plain, "ResourceRecords": [{"Value": "blue"}]}, COPY, host="copy", zone="Z9")
    assert other == {**plain, "SetIdentifier": COPY, "Weight": 0, "ResourceRecords": [{"Value": "copy"}]}


def test_what_counts_requests_looks_at_both_copies() -> None:
    label = f"{BLUE_BALANCER.split('loadbalancer/')[1]}/{BLUE.rsplit(':', 1)[1]}"
    policy: JsonObject = {
        "PolicyName": "requests",
        "TargetTrackingConfiguration": {
            "PredefinedMetricSpecification": {"ResourceLabel": label},
            "Dimensions": [{"Value": BLUE_BALANCER.split("loadbalancer/")[1]}],
        },
    }
    before = scene()
    snapshot = before.snapshot.carrying(Carried(policies=(policy,)))
    here, _ = provisioned(replace(before, snapshot=snapshot))
    decision = handed_over(here)
    assert decision is not None
    tracking = decision.writes[0].parameters["TargetTrackingConfiguration"]
    assert tracking == {
        "PredefinedMetricSpecification": {"ResourceLabel": f"{BALANCER}/{here.candidate_target_group}"},
        "Dimensions": [{"Value": BALANCER}],
    }


# What goes, in this order


def test_what_was_made_goes_from_the_name_inwards() -> None:
    here, _ = provisioned(scene())
    gone: list[str] = []
    while (decision := remove_candidate(here)) is not None and decision.writes:
        gone += [write.operation for write in decision.writes]
        here = here.looking_at(predicted(here.estate, decision.writes))
    assert decision is None
    assert gone == [
        "ChangeResourceRecordSets",
        "DeleteLoadBalancer",
        "UpdateAutoScalingGroup",
        "DeleteAutoScalingGroup",
        "DeleteTargetGroup",
    ]


def test_a_load_balancer_that_a_person_made_stays() -> None:
    here, _ = provisioned(scene())
    assert here.estate.candidate_balancer is not None
    theirs = replace(here.estate.candidate_balancer, tags={"signalbox:managed": "true"})
    estate = replace(here.estate, candidate_balancer=theirs, rules=(name_rule(blue=255),))
    decision = remove_candidate(here.looking_at(estate))
    assert decision is not None
    assert [write.operation for write in decision.writes] == ["UpdateAutoScalingGroup"]


def test_a_record_goes_by_its_own_name_though_its_target_group_is_gone() -> None:
    here, _ = provisioned(scene())
    decision = remove_candidate(here.looking_at(replace(here.estate, candidate_target_group=None)))
    assert decision is not None
    assert changes(decision.writes[0]) == [("DELETE", COPY, 0)]


def test_a_target_group_waits_until_its_load_balancer_has_let_go_of_it() -> None:
    here, _ = provisioned(scene())
    estate = replace(here.estate, candidate_balancer=None, candidate=None, rules=(name_rule(blue=255),))
    decision = remove_candidate(here.looking_at(estate))
    assert decision is not None
    assert (decision.writes, decision.reason) == ((), "its load balancer lets go of its target group")


def test_writes_to_a_load_balancer_that_is_gone_predict_nothing() -> None:
    estate = scene().estate
    _, decisions = provisioned(scene())
    late = [w for d in decisions for w in d.writes if "Listener" in w.operation or "Rule" in w.operation]
    attributes = writes(decisions, "ModifyLoadBalancerAttributes")
    assert predicted(estate, [*late, *attributes, delete_balancer("gone")]) == estate


# The whole way


def test_the_original_serves_again_when_it_is_renewed_and_resolvers_have_followed() -> None:
    story = begun(NAME).run(lambda s: any(w.operation == "DeleteLoadBalancer" for w in s.world.aws.writes))
    told = [changes(w) for w in story.world.aws.writes if w.service == "route53"]
    copy = f"checkout-sb-{story.rollout_id[-8:]}"
    assert told == [
        [("UPSERT", copy, 0)],
        [("UPSERT", "blue", 0), ("UPSERT", copy, 100)],
        [("UPSERT", "blue", 255), ("UPSERT", copy, 0)],
        [("DELETE", copy, 0)],
    ]
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.world.aws.rules[SHOP_RULE].records == {BLUE: record("blue", 255)}


def test_nothing_goes_before_clients_have_followed_back() -> None:
    story = begun(NAME).run(lambda s: len([w for w in s.world.aws.writes if w.service == "route53"]) == 3)
    returned = story.world.clock.now
    story.run(lambda s: not s.world.aws.balancers)
    assert story.world.clock.now - returned >= timedelta(minutes=2)


@pytest.mark.parametrize("by", ["alarm", "abort"])
def test_the_alarm_path_brings_both_weights_back_and_restore_removes_the_rest(by: str) -> None:
    story = begun(NAME)
    before = look(story.world)
    story.run_into(HoldKind.BAKE)
    if by == "alarm":
        story.alarm()
        copy = f"checkout-sb-{story.rollout_id[-8:]}"
        assert changes(story.world.aws.writes[-1]) == [("UPSERT", "blue", 255), ("UPSERT", copy, 0)]
    else:
        abort(story.service, story.rollout_id, ANA, story.world.ports)
    back = story.world.clock.now
    story.run(lambda s: not s.world.aws.balancers)
    assert story.world.clock.now - back >= timedelta(minutes=2)
    assert_over(story.run(), Phase.ROLLED_BACK if by == "alarm" else Phase.ABORTED)
    assert_as_before(story.world, before)
    assert story.world.aws.rules == before.rules


def test_nobody_brings_back_a_record_that_is_about_to_go() -> None:
    story = begun(NAME).run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run(lambda s: bool(s.told("Traffic Restored")))
    latch = story.world.ports.latches.get(story.rollout_id)
    assert latch is not None
    assert latch.restoring == ()


# What is refused, and what is said


def test_a_plan_names_the_copy_and_what_it_costs() -> None:
    plan, found = drafted(), survey_of_copied()
    planned = [one.write.operation for one in writes_of(plan, found, IMAGE)]
    assert planned.index("CreateLoadBalancer") < planned.index("DeleteLoadBalancer")
    cost = estimate_of(plan, found, IMAGE)
    assert cost.extra_load_balancer_hours == 0.4
    beside = drafted(replace(copied(spec(BLUE_GREEN)), strategy=Strategy(preset="rolling")))
    assert estimate_of(beside, found, IMAGE).extra_load_balancer_hours == 0


def test_a_strategy_that_moves_no_traffic_copies_nothing_and_says_so() -> None:
    plan = drafted(copied(spec(Strategy(preset="rolling"))))
    assert plan.layout.candidate_balancer == ""
    assert any("this strategy moves no traffic to a second group" in text for text in plan.warnings)
    assert not any("nothing is copied" in text for text in drafted().warnings)


def test_who_comes_past_the_name_is_warned_of() -> None:
    told = [text for text in drafted().warnings if text.startswith("traffic.load_balancer")]
    assert len(told) == 1
    assert "only who comes by shop.example.com is led to the copy" in told[0]


def on_listener(**more: object) -> Survey:
    listener = replace(original().listeners[0], **more)  # type: ignore[arg-type]
    return survey_of_copied(original=original(listeners=(listener,)))


_OIDC: JsonObject = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"Issuer": "https://x"}}
_SHARED = forward_action({BLUE: 1, FOREIGN: 1})
_PATHS = original().listeners[0].rules[0]


@pytest.mark.parametrize(
    ("found", "field", "message"),
    [
        (
            survey_of_copied(original=original(kind="network")),
            "traffic.load_balancer",
            "blue is a network load balancer: only application ones are copied",
        ),
        (
            survey_of_copied(web_acl="shield"),
            "traffic.load_balancer",
            "shield protects blue, and would not protect a copy of it",
        ),
        (
            survey_of_copied(in_front=("arn:front",)),
            "traffic.load_balancer",
            "arn:front sends its traffic to blue, past the name: it would find nobody there while the group"
            " is renewed",
        ),
        (
            on_listener(actions=_SHARED),
            "traffic.load_balancer",
            f"listener 443 also forwards to {FOREIGN}, which no second load balancer can serve",
        ),
        (
            on_listener(rules=(replace(_PATHS, actions=_SHARED),)),
            "traffic.load_balancer",
            f"rule 10 of listener 443 also forwards to {FOREIGN}, which no second load balancer can serve",
        ),
        (
            on_listener(actions=(_OIDC, *simple_forward())),
            "traffic.load_balancer",
            "listener 443 signs in by OIDC: AWS does not tell the secret that a copy would need",
        ),
        (
            survey_of_copied(name_rule(blue=0)),
            "traffic.set_identifier",
            f"the A record of {SHOP} has weight 0: give it all the weight first",
        ),
    ],
)
def test_what_a_copy_could_not_take_over_is_refused_by_name(found: Survey, field: str, message: str) -> None:
    assert refused(found) == [(field, message)]


def test_an_address_cannot_lead_to_a_copy() -> None:
    address = {"Name": SHOP, "Type": "A", "TTL": 60, "SetIdentifier": "blue", "Weight": 1}
    rule = name_rule(blue=1)
    rule = replace(rule, records={BLUE: {**address, "ResourceRecords": [{"Value": "192.0.2.1"}]}})
    message = f"the A record of {SHOP} is an address: make it an alias of the load balancer"
    assert refused(survey_of_copied(rule)) == [("traffic.record_name", message)]


def test_a_record_that_is_not_there_or_leads_elsewhere_is_refused() -> None:
    missing = (f"{SHOP} has no weighted A record with set identifier blue", "traffic.set_identifier")
    assert missing[::-1] in refused(survey_of_copied(replace(name_rule(blue=1), records={})))
    elsewhere = replace(
        name_rule(blue=1), records={BLUE: record("blue", 1, AliasTarget={"DNSName": "x.elb."})}
    )
    message = "the record leads to x.elb., the group's target group is behind Blue.elb.example"
    assert refused(survey_of_copied(elsewhere)) == [("traffic.set_identifier", message)]


def test_a_target_group_in_no_listener_has_no_load_balancer_to_copy() -> None:
    found = survey_of_copied(target_groups={BLUE: target_group(load_balancers=())}, original=None)
    message = f"target group {BLUE} is in no listener: its record would lead to nobody"
    assert refused(found) == [("traffic.set_identifier", message)]


def test_a_copy_that_serves_just_now_is_no_stranger() -> None:
    during = survey_of_copied(name_rule(blue=50, **{COPY: 50}))
    assert drafted(found=during).layout.stable_target_group == BLUE


@pytest.mark.parametrize(
    ("of", "field", "message"),
    [
        (
            replace(copied(spec()), traffic=replace(copied(spec()).traffic, load_balancer=None)),
            "traffic.load_balancer",
            "or one group, and here copy: the candidate gets a copy of it",
        ),
        (
            replace(copied(spec()), traffic=replace(copied(spec()).traffic, set_identifier=None)),
            "traffic.set_identifier",
            "name the weighted record that leads to the load balancer of the group",
        ),
        (
            replace(copied(spec()), platform=spec(slots=True).platform),
            "traffic.load_balancer",
            "slots have a load balancer and a record each: leave it out",
        ),
        (
            replace(spec(), traffic=replace(spec().traffic, load_balancer="copy")),
            "traffic.load_balancer",
            "only router route53 takes it",
        ),
    ],
)
def test_what_contradicts_itself_is_named(of: ServiceSpec, field: str, message: str) -> None:
    assert (field, message) in [(one.field, one.message) for one in violations(of)]


def test_a_service_whose_load_balancer_may_be_copied_is_valid() -> None:
    assert violations(copied(spec(BLUE_GREEN))) == []
    assert isinstance(original().listeners[0], Listener)
