"""A name with weighted records, told as a rule."""

from dataclasses import replace

import pytest

from signalbox.kernel.ids import is_domain
from signalbox.rollouts import dns
from signalbox.rollouts.forwarding import weights, with_share
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.routing import forward
from tests.unit.builders import (
    BLUE,
    GREEN,
    RULE,
    SHOP,
    ZONE,
    name_rule,
    record,
    rule,
    scene,
)

NAME = dns.named(ZONE, "Shop.Example.com", "A")


@pytest.mark.parametrize("text", ["shop.example.com", "shop.example.com.", "_x.a-b.example"])
def test_domains(text: str) -> None:
    assert is_domain(text)


@pytest.mark.parametrize(
    "text", ["", "shop", "*.example.com", "a..b", ".example.com", "a b.com", "a" * 64 + ".com"]
)
def test_what_is_no_domain(text: str) -> None:
    assert not is_domain(text)


def test_a_name_is_written_as_route_53_lists_it_and_found_again_in_its_reference() -> None:
    assert NAME.name == SHOP
    assert NAME.reference == f"arn:aws:route53:::hostedzone/{ZONE}/{SHOP}/A"
    assert dns.name_of(NAME.reference) == NAME
    assert dns.is_dns(NAME.reference)
    assert not dns.is_dns(RULE)


def test_records_tell_their_shares_by_target_group() -> None:
    found = dns.rule_of(NAME, [record("blue", 90), record("green", 10)], {"blue": BLUE, "green": GREEN})
    assert weights(found.actions) == {BLUE: 90, GREEN: 10}
    assert found.records[GREEN] == record("green", 10)


def test_a_record_of_neither_side_goes_by_its_own_identifier() -> None:
    found = dns.rule_of(NAME, [record("blue", 90), record("old", 10)], {"blue": BLUE, "green": GREEN})
    assert weights(found.actions) == {BLUE: 90, "record old": 10}


def test_both_weights_go_in_one_change_and_everything_else_stays() -> None:
    before = name_rule(blue=255, green=0)
    write = forward(before, with_share(before.actions, BLUE, GREEN, 10))
    assert (write.service, write.operation, write.resource) == (
        "route53",
        "ChangeResourceRecordSets",
        before.arn,
    )
    assert write.parameters == {
        "HostedZoneId": ZONE,
        "ChangeBatch": {
            "Changes": [
                {"Action": "UPSERT", "ResourceRecordSet": record("blue", 90)},
                {"Action": "UPSERT", "ResourceRecordSet": record("green", 10)},
            ]
        },
    }


def test_a_side_without_a_record_is_not_made_up() -> None:
    write = forward(name_rule(blue=255), with_share(name_rule(blue=255).actions, BLUE, GREEN, 10))
    batch = write.parameters["ChangeBatch"]
    assert isinstance(batch, dict)
    assert [change["ResourceRecordSet"]["SetIdentifier"] for change in batch["Changes"]] == ["blue"]


def test_the_plan_knows_what_a_change_leads_to() -> None:
    before, wanted = name_rule(blue=255, green=0), name_rule(blue=0, green=100)
    estate = replace(scene().estate, rules=(rule(), before))
    assert predicted(estate, [forward(before, wanted.actions)]).rules == (rule(), wanted)


@pytest.mark.parametrize(("more", "lag"), [({}, 120), ({"TTL": 300, "ResourceRecords": []}, 600)])
def test_clients_follow_within_twice_the_ttl(more: dict[str, object], lag: int) -> None:
    found = dns.rule_of(NAME, [record("blue", 1, **more), record("green", 0, **more)], {})
    assert dns.longest_lag([found]) == lag


def test_behind_a_load_balancer_clients_follow_at_once() -> None:
    assert dns.longest_lag(scene().estate.rules) == 0
