"""What AWS says of a service before a rollout."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Violation
from signalbox.rollouts.preflight import (
    ownership_warnings,
    pairs,
    red_alarms,
    service_violations,
    unreached_violations,
    version_violations,
)
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.survey import Survey
from tests.unit.builders import (
    BLUE,
    FOREIGN,
    GREEN,
    LISTENER,
    OTHER_RULE,
    RULE,
    TEMPLATE,
    alarm,
    forward_action,
    forwarding_to,
    group,
    rule,
    simple_forward,
    spec,
    survey,
    target_group,
)


def wrong(of: ServiceSpec, found: Survey) -> list[tuple[str, str]]:
    return [(violation.field, violation.message) for violation in service_violations(of, found)]


def on_traffic(**fields: object) -> ServiceSpec:
    plain = spec()
    return replace(plain, traffic=replace(plain.traffic, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("slots", [False, True])
def test_a_service_that_fits_its_estate_is_fine(*, slots: bool) -> None:
    assert wrong(spec(slots=slots), survey()) == []


def test_another_region_is_refused_with_the_right_one() -> None:
    elsewhere = replace(spec(), platform=replace(spec().platform, region="us-east-1"))
    assert wrong(elsewhere, survey()) == [
        ("platform.region", "us-east-1 is not the region of this stack: use eu-west-1")
    ]
    here = replace(spec(), platform=replace(spec().platform, region="eu-west-1"))
    assert wrong(here, survey()) == []


def test_what_is_not_in_this_account_and_region_is_refused() -> None:
    abroad = RULE.replace("eu-west-1", "us-east-1")
    found = survey(rules={abroad: rule(abroad)})
    assert wrong(on_traffic(listener_rule_arn=abroad), found)[0] == (
        "traffic.listener_rule_arn",
        f"{abroad} is not in account 123456789012, region eu-west-1",
    )


def test_what_is_no_arn_of_a_load_balancer_is_refused() -> None:
    lambda_arn = "arn:aws:lambda:eu-west-1:123456789012:function:x"
    assert wrong(on_traffic(listener_rule_arn=lambda_arn), survey()) == [
        ("traffic.listener_rule_arn", f"{lambda_arn} is not the ARN of a load balancer's resource"),
        ("traffic.listener_rule_arn", f"rule {lambda_arn} does not exist"),
        ("traffic", f"{RULE} also sends traffic to the service: name it in traffic.rules"),
    ]


def test_everything_that_does_not_exist_is_named_at_once() -> None:
    empty = survey(groups={}, target_groups={}, rules={}, references=(), alarms={})
    assert wrong(spec(), empty) == [
        ("platform.group", "Auto Scaling group blue does not exist in eu-west-1"),
        ("traffic.target_group_arn", f"target group {BLUE} does not exist"),
        ("traffic.listener_rule_arn", f"rule {RULE} does not exist"),
        ("guards.alarms.0", "alarm checkout-5xx does not exist in eu-west-1"),
    ]


def test_slots_are_named_by_their_place() -> None:
    found = survey(groups={"blue": group()}, target_groups={BLUE: target_group()})
    assert [field for field, _ in wrong(spec(slots=True), found)] == [
        "platform.slots.1.group",
        "platform.slots.1.target_group_arn",
    ]


def test_a_group_of_an_unsupported_kind_says_why() -> None:
    found = survey(groups={}, unsupported={"blue": "has a launch configuration"})
    assert wrong(spec(), found) == [("platform.group", "Auto Scaling group blue has a launch configuration")]


def test_a_group_must_serve_the_target_group() -> None:
    found = survey(groups={"blue": group(serves=GREEN)})
    assert wrong(spec(), found) == [("platform.group", f"Auto Scaling group blue does not serve {BLUE}")]


def test_a_template_that_another_group_follows_is_refused() -> None:
    found = survey(followers={TEMPLATE: ("batch", "search")})
    assert wrong(spec(), found) == [
        (
            "platform.group",
            f"launch template {TEMPLATE} is followed at $Latest by batch, search: a new version would reach"
            " that group too; pin it to a version",
        )
    ]


@pytest.mark.parametrize(
    ("of", "kind", "field"),
    [
        (on_traffic(listener_rule_arn=None, listener_arn=LISTENER), "listener", "traffic.listener_arn"),
        (on_traffic(listener_rule_arn=None, rules=(RULE, LISTENER)), "rule", "traffic.rules.1"),
    ],
)
def test_a_reference_that_forwards_elsewhere_is_refused(of: ServiceSpec, kind: str, field: str) -> None:
    rules = {RULE: rule(), LISTENER: rule(LISTENER, simple_forward(FOREIGN))}
    found = survey(rules=rules, references=tuple(rules.values())[:1])
    assert (field, f"{kind} {LISTENER} does not forward to {BLUE}") in wrong(of, found)


@pytest.mark.parametrize("others", [{}, {"foreign": 100}])
def test_a_rule_that_gives_the_group_no_weight_is_of_no_use_for_a_version(others: dict[str, int]) -> None:
    silent = rule(actions=forwarding_to(blue=0, **others))
    found = survey(rules={RULE: silent}, references=(silent,))
    (refused,) = unreached_violations(spec(), found)
    assert (refused.field, refused.message) == (
        "traffic.listener_rule_arn",
        f"rule {RULE} gives {BLUE} no weight: nobody would reach the new version; give it weight first",
    )
    assert wrong(spec(), found) == []


def test_a_reference_to_neither_slot_names_both() -> None:
    found = survey(rules={RULE: rule(actions=forwarding_to(foreign=1))})
    assert wrong(spec(slots=True), found)[0] == (
        "traffic.listener_rule_arn",
        f"rule {RULE} does not forward to {BLUE} or {GREEN}",
    )


@pytest.mark.parametrize(
    ("others", "slots", "fits"), [(3, False, True), (4, False, False), (3, True, True), (4, True, False)]
)
def test_there_must_be_room_for_the_candidate(others: int, *, slots: bool, fits: bool) -> None:
    crowded = rule(actions=forward_action({BLUE: 1} | {f"arn:{n}": 1 for n in range(others)}))
    found = survey(rules={RULE: crowded}, references=(crowded,))
    assert (wrong(spec(slots=slots), found) == []) is fits


def test_traffic_that_is_not_named_is_refused_by_name() -> None:
    found = survey(references=(rule(), rule(OTHER_RULE), rule(LISTENER, forwarding_to(foreign=1))))
    assert wrong(spec(), found) == [
        ("traffic", f"{OTHER_RULE} also sends traffic to the service: name it in traffic.rules")
    ]


def test_a_target_group_in_no_listener_is_refused() -> None:
    assert wrong(spec(), survey(references=())) == [
        ("traffic.target_group_arn", f"target group {BLUE} is in no listener: it gets no traffic")
    ]
    assert wrong(spec(slots=True), survey(references=())) == []


@pytest.mark.parametrize("version", ["ami-0123456789abcdef0", "1", "42"])
def test_an_image_or_a_version_number_can_be_rolled_out(version: str) -> None:
    assert version_violations(version, survey()) == []


@pytest.mark.parametrize(
    "version", ["", "latest", "$Latest", "0", "01", "ami-", "ami-ABC", "ami-0123\n", "-1"]
)
def test_anything_else_cannot(version: str) -> None:
    message = "give an AMI id such as ami-0123456789abcdef0, or a launch template version"
    assert version_violations(version, survey()) == [Violation("version", message)]


@pytest.mark.parametrize(
    ("version", "what"),
    [("ami-0123456789abcdef0", "image ami-0123456789abcdef0"), ("7", "launch template version 7")],
)
def test_a_version_that_is_gone_is_refused(version: str, what: str) -> None:
    assert version_violations(version, survey(known_image=False)) == [
        Violation("version", f"{what} does not exist in eu-west-1")
    ]


@pytest.mark.parametrize(("state", "count"), [("OK", 0), ("INSUFFICIENT_DATA", 0), ("ALARM", 1)])
def test_a_guard_that_is_red_already_is_told(state: str, count: int) -> None:
    found = survey(alarms={"checkout-5xx": alarm(state=state)})
    assert len(red_alarms(spec(), found)) == count
    assert red_alarms(spec(), survey(alarms={})) == []


@pytest.mark.parametrize(
    ("tags", "warned"),
    [
        ({"signalbox:managed": "true"}, []),
        (
            {},
            ["blue is not tagged signalbox:managed=true: the permissions of Signalbox allow no write to it"],
        ),
        (
            {"signalbox:managed": "true", "terraform": "shop", "managed-by": "ana"},
            ["blue is managed by terraform=shop, managed-by=ana: see docs/iac.md for what it must ignore"],
        ),
    ],
)
def test_owners_are_warned_of(tags: dict[str, str], warned: list[str]) -> None:
    assert ownership_warnings(spec(), survey(groups={"blue": group(tags=tags)})) == warned


def test_what_does_not_exist_has_not_consented() -> None:
    assert len(ownership_warnings(spec(slots=True), survey(groups={}))) == 2


def test_a_group_and_its_target_group_belong_together() -> None:
    assert pairs(spec()) == [("platform.group", "blue", BLUE)]
    assert [name for _, name, _ in pairs(spec(slots=True))] == ["blue", "green"]
