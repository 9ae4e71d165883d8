"""Who is stable and who is candidate."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Unprocessable
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.layout import group_arn, lay_out, locked_resources, serving_slot, stable_side
from signalbox.rollouts.service import Slot
from signalbox.rollouts.strategies.drafts import numbered, replace_batches, shift
from tests.unit.builders import (
    ACCOUNT,
    BLUE,
    FOREIGN,
    GREEN,
    OTHER_RULE,
    REGION,
    ROLLOUT,
    RULE,
    TEMPLATE,
    forwarding_to,
    group,
    rule,
    spec,
    survey,
)

SHIFTS = numbered([shift(100)])
REPLACES = numbered([replace_batches(100, 25)])
A, B = Slot(group="blue", target_group_arn=BLUE), Slot(group="green", target_group_arn=GREEN)


def test_what_replaces_needs_no_second_target_group() -> None:
    placed = lay_out(spec(), REPLACES, survey(), ROLLOUT)
    assert placed.placement is Placement.BESIDE
    assert (placed.stable_group, placed.candidate_group) == ("blue", "blue-sb-abcdefgh")
    assert placed.stable_target_group == placed.candidate_target_group == BLUE
    assert (placed.template_id, placed.source_version) == (TEMPLATE, "1")
    assert placed.references == (RULE,)


def test_what_shifts_needs_a_copy_with_a_target_group_of_its_own() -> None:
    placed = lay_out(spec(), SHIFTS, survey(), ROLLOUT)
    assert placed.placement is Placement.COPY
    assert placed.candidate_target_group == "checkout-sb-abcdefgh"


def test_names_of_copies_fit_what_aws_takes() -> None:
    long = replace(spec(), name="a_" * 32)
    placed = lay_out(long, SHIFTS, survey(groups={"blue": group("blue")}), ROLLOUT)
    assert len(placed.candidate_target_group) <= 32
    assert placed.candidate_target_group.replace("-", "").isalnum()


def test_the_idle_slot_is_the_candidate() -> None:
    placed = lay_out(spec(slots=True), SHIFTS, survey(), ROLLOUT)
    assert placed.placement is Placement.SLOT
    assert (placed.stable_group, placed.candidate_group) == ("blue", "green")
    assert (placed.stable_target_group, placed.candidate_target_group) == (BLUE, GREEN)


def test_slots_alternate() -> None:
    turned = survey(rules={RULE: rule(actions=forwarding_to(blue=0, green=1))})
    assert lay_out(spec(slots=True), SHIFTS, turned, ROLLOUT).stable_group == "green"
    assert stable_side(spec(slots=True), turned) == B


def test_a_canary_on_slots_stays_on_the_serving_one() -> None:
    placed = lay_out(spec(slots=True), REPLACES, survey(), ROLLOUT)
    assert (placed.placement, placed.stable_group) == (Placement.BESIDE, "blue")


@pytest.mark.parametrize(("template", "source"), [(TEMPLATE, "4"), ("lt-other", "9")])
def test_a_version_is_made_from_what_serves_when_the_slots_share_a_template(
    template: str, source: str
) -> None:
    idle = replace(group("green", size=0, version="9", serves=GREEN), template_id=template)
    found = survey(groups={"blue": group(version="4"), "green": idle})
    placed = lay_out(spec(slots=True), SHIFTS, found, ROLLOUT)
    assert (placed.template_id, placed.source_version) == (template, source)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"blue": 1, "green": 1}, "both slots get traffic"),
        ({"blue": 0, "green": 0}, "neither slot get"),
        ({"foreign": 1}, "neither slot get"),
    ],
)
def test_exactly_one_slot_may_serve(weights: dict[str, int], message: str) -> None:
    with pytest.raises(Unprocessable, match=message):
        serving_slot((A, B), (rule(actions=forwarding_to(**weights)),))


def test_rules_that_disagree_serve_both() -> None:
    rules = (rule(actions=forwarding_to(blue=1, foreign=1)), rule(OTHER_RULE, forwarding_to(green=1)))
    with pytest.raises(Unprocessable, match="both slots"):
        serving_slot((A, B), rules)


def test_each_rule_that_knows_a_slot_gives_one_of_them_weight() -> None:
    rules = (rule(actions=forwarding_to(blue=1)), rule(OTHER_RULE, forwarding_to(blue=0, green=0)))
    with pytest.raises(Unprocessable, match=f"neither slot gets traffic from {OTHER_RULE}"):
        serving_slot((A, B), rules)


def test_a_rule_without_either_slot_does_not_matter() -> None:
    rules = (rule(OTHER_RULE, forwarding_to(foreign=1)), rule(actions=forwarding_to(green=5)))
    assert serving_slot((A, B), rules) == (B, A)


def test_everything_that_two_services_could_share_is_locked() -> None:
    template = f"arn:aws:ec2:{REGION}:{ACCOUNT}:launch-template/{TEMPLATE}"
    on_slots = lay_out(spec(slots=True), SHIFTS, survey(), ROLLOUT)
    assert set(locked_resources(on_slots, REGION, ACCOUNT)) == {
        group_arn("blue", REGION, ACCOUNT),
        group_arn("green", REGION, ACCOUNT),
        BLUE,
        GREEN,
        RULE,
        template,
    }
    on_copy = lay_out(spec(), SHIFTS, survey(), ROLLOUT)
    assert FOREIGN not in locked_resources(on_copy, REGION, ACCOUNT)
    assert group_arn("blue-sb-abcdefgh", REGION, ACCOUNT) in locked_resources(on_copy, REGION, ACCOUNT)
    assert BLUE in locked_resources(on_copy, REGION, ACCOUNT)
