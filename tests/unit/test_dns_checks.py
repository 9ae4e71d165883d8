"""What is wrong with a service whose slots share a DNS name: by itself, and before AWS."""

from dataclasses import replace

import pytest

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.dns import named, rule_of
from signalbox.rollouts.estate import Placement, Rule
from signalbox.rollouts.guards import useless
from signalbox.rollouts.preflight import service_violations
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.survey import Survey
from signalbox.rollouts.validation import violations
from tests.unit.builders import (
    BLUE,
    GREEN,
    LISTENER,
    SHOP,
    ZONE,
    alarm,
    by_name,
    layout,
    name_rule,
    record,
    scene,
    spec,
    survey_by_name,
    target_group,
)

WELL = by_name(spec(slots=True))
SIDES = {"blue": BLUE, "green": GREEN}


def on_traffic(**fields: object) -> ServiceSpec:
    return replace(WELL, traffic=replace(WELL.traffic, **fields))  # type: ignore[arg-type]


def identifiers(blue: str | None, green: str | None) -> ServiceSpec:
    slots = WELL.platform.slots or ()
    changed = (replace(slots[0], set_identifier=blue), replace(slots[1], set_identifier=green))
    return replace(WELL, platform=replace(WELL.platform, slots=changed))


def contradictions(of: ServiceSpec) -> list[tuple[str, str]]:
    return [(violation.field, violation.message) for violation in violations(of)]


def refused(found: Survey, of: ServiceSpec = WELL) -> list[tuple[str, str]]:
    return [(violation.field, violation.message) for violation in service_violations(of, found)]


def of_records(*records: JsonObject) -> Rule:
    return rule_of(named(ZONE, SHOP, "A"), records, SIDES)


def test_a_service_that_shares_a_name_is_fine() -> None:
    assert contradictions(WELL) == []
    assert refused(survey_by_name()) == []


@pytest.mark.parametrize(
    ("of", "field", "message"),
    [
        (on_traffic(hosted_zone_id=None), "traffic.hosted_zone_id", "router route53 needs it"),
        (on_traffic(record_name=None), "traffic.record_name", "router route53 needs it"),
        (
            on_traffic(listener_arn=LISTENER),
            "traffic.listener_arn",
            "not with router route53: the name divides the traffic",
        ),
        (on_traffic(record_types=("A", "A")), "traffic.record_types", "each type may be named once"),
        (
            identifiers("blue", None),
            "platform.slots.1.set_identifier",
            "name the weighted record that leads to this slot",
        ),
        (identifiers("blue", "blue"), "platform.slots", "the two slots must name different records"),
        (
            replace(WELL, platform=replace(spec().platform, group="blue", slots=None)),
            "platform.slots",
            "router route53 needs two slots, each behind its own load balancer",
        ),
        (
            replace(spec(slots=True), platform=WELL.platform),
            "platform.slots.0.set_identifier",
            "only router route53 takes it",
        ),
        (
            replace(spec(), traffic=replace(spec().traffic, record_name="a.b")),
            "traffic.record_name",
            "only router route53 takes it",
        ),
    ],
)
def test_what_contradicts_itself_is_named(of: ServiceSpec, field: str, message: str) -> None:
    assert (field, message) in contradictions(of)


def test_several_types_of_one_name_are_several_references() -> None:
    assert on_traffic(record_types=("A", "AAAA")).traffic.references == (
        f"arn:aws:route53:::hostedzone/{ZONE}/{SHOP}/A",
        f"arn:aws:route53:::hostedzone/{ZONE}/{SHOP}/AAAA",
    )


def test_a_name_without_weighted_records_is_refused() -> None:
    message = f"{SHOP} has no weighted A record in hosted zone {ZONE}"
    assert refused(replace(survey_by_name(), rules={})) == [("traffic.record_name", message)]


def test_a_slot_without_its_record_is_refused() -> None:
    found = refused(survey_by_name(name_rule(blue=255)))
    message = f"{SHOP} has no weighted A record with set identifier green"
    assert found == [("platform.slots.1.set_identifier", message)]


def test_a_third_record_is_refused_by_its_identifier() -> None:
    three = of_records(record("blue", 255), record("green", 0), record("old", 0))
    message = f"old also answers for {SHOP}: two records may share the name"
    assert refused(survey_by_name(three)) == [("traffic.record_name", message)]


def test_a_record_that_leads_elsewhere_is_refused() -> None:
    aliases = of_records(record("blue", 255), {**record("green", 0), "AliasTarget": {"DNSName": "x.elb."}})
    message = "the record leads to x.elb., the slot's target group is behind green.elb.example"
    assert refused(survey_by_name(aliases)) == [("platform.slots.1.set_identifier", message)]


@pytest.mark.parametrize(("target", "fits"), [("dualstack.GREEN.elb.example", True), ("y.elb", False)])
def test_another_name_is_compared_too(target: str, *, fits: bool) -> None:
    plain: JsonObject = {
        "Name": SHOP, "Type": "CNAME", "TTL": 60, "SetIdentifier": "green", "Weight": 0,
        "ResourceRecords": [{"Value": target}],
    }  # fmt: skip
    found = refused(survey_by_name(of_records(record("blue", 255), plain)))
    assert (found == []) is fits


def test_addresses_tell_nothing_of_what_is_behind_them() -> None:
    plain: JsonObject = {
        "Name": SHOP, "Type": "A", "TTL": 60, "SetIdentifier": "green", "Weight": 0,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
    }  # fmt: skip
    assert refused(survey_by_name(of_records(record("blue", 255), plain))) == []


def test_a_slot_behind_no_load_balancer_is_refused() -> None:
    alone = {BLUE: survey_by_name().target_groups[BLUE], GREEN: target_group(GREEN, load_balancers=())}
    message = f"target group {GREEN} is in no listener: its record would lead to nobody"
    found = refused(replace(survey_by_name(), target_groups=alone))
    assert found == [("platform.slots.1.set_identifier", message)]


def test_a_slot_whose_target_group_is_missing_is_named_once() -> None:
    lacking = {BLUE: survey_by_name().target_groups[BLUE]}
    found = refused(replace(survey_by_name(), target_groups=lacking))
    assert found == [("platform.slots.1.target_group_arn", f"target group {GREEN} does not exist")]


def test_a_ttl_that_no_step_could_wait_for_is_refused() -> None:
    slow = of_records(record("blue", 255, TTL=900), record("green", 0, TTL=900))
    message = "clients follow within 1800 s, twice the TTL, but a step may take only 1800 s"
    assert refused(survey_by_name(slow)) == [("traffic.record_name", message)]


def test_an_alarm_on_one_load_balancer_is_blind_to_the_other() -> None:
    both, estate = replace(layout(Placement.SLOT), sides=SIDES), scene().estate
    balancer = {"LoadBalancer": "app/shop/50dc6c495c0c9188"}
    assert useless([alarm(dimensions=balancer)], both, estate)
    assert not useless([alarm(dimensions={**balancer, **alarm().dimensions})], both, estate)
    beside = replace(layout(), sides=SIDES)  # a canary serves behind the same one
    assert not useless([alarm(dimensions=balancer)], beside, estate)
