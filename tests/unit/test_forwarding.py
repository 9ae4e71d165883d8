"""Shares of traffic in the actions of a rule."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.forwarding import (
    MOST,
    attached,
    candidate_share,
    is_sticky,
    may_get,
    same_forwarding,
    weights,
    with_share,
    without,
)
from tests.unit.builders import BLUE, FOREIGN, GREEN, forward_action, forwarding_to, simple_forward

WEIGHTS = st.integers(0, MOST)
PERCENT = st.integers(0, 100)
OTHERS = st.dictionaries(st.sampled_from(["x", "y", "z"]), WEIGHTS, max_size=3)
LOGIN: JsonObject = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {"Issuer": "i"}}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ((), {}),
        (({"Type": "fixed-response"},), {}),
        (({"Type": "forward"},), {}),
        (({"Type": "forward", "TargetGroupArn": BLUE},), {BLUE: 1}),
        (({"Type": "forward", "TargetGroupArn": BLUE, "ForwardConfig": {"TargetGroups": []}},), {BLUE: 1}),
        (simple_forward(), {BLUE: 1}),
        (({"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": BLUE}]}},), {BLUE: 1}),
        ((LOGIN, *forwarding_to(blue=3, green=0)), {BLUE: 3, GREEN: 0}),
    ],
)
def test_weights_are_read_however_aws_writes_them(
    actions: tuple[JsonObject, ...], expected: dict[str, int]
) -> None:
    assert weights(actions) == expected


@pytest.mark.parametrize(
    ("actions", "sticky"),
    [
        (simple_forward(), False),
        (forwarding_to(blue=1), False),
        (forwarding_to(True, blue=1), True),
        ((LOGIN, *forwarding_to(True, blue=1)), True),
        (({"Type": "forward", "TargetGroupArn": BLUE},), False),
    ],
)
def test_a_cookie_of_the_rule_is_seen(actions: tuple[JsonObject, ...], *, sticky: bool) -> None:
    assert is_sticky(actions) is sticky


@given(PERCENT)
def test_a_pair_on_its_own_is_split_exactly(percent: int) -> None:
    split = with_share(simple_forward(), BLUE, GREEN, percent)
    assert weights(split) == {BLUE: 100 - percent, GREEN: percent}
    assert candidate_share(split, BLUE, GREEN) == percent


@given(WEIGHTS, WEIGHTS, OTHERS, PERCENT)
def test_no_weight_is_more_than_a_load_balancer_takes(
    stable: int, candidate: int, foreign: dict[str, int], percent: int
) -> None:
    split = with_share(forward_action({BLUE: stable, GREEN: candidate, **foreign}), BLUE, GREEN, percent)
    assert all(0 <= weight <= MOST for weight in weights(split).values())


@given(WEIGHTS, OTHERS, PERCENT)
def test_foreign_target_groups_keep_their_part(stable: int, foreign: dict[str, int], percent: int) -> None:
    before = {BLUE: stable, GREEN: 0, **foreign}
    assume(any(before.values()))
    after = weights(with_share(forward_action(before), BLUE, GREEN, percent))
    whole, whole_after = sum(before.values()), sum(after.values())
    for name, weight in foreign.items():
        assert after[name] / whole_after == pytest.approx(weight / whole)
    assert (after[BLUE] + after[GREEN]) / whole_after == pytest.approx(stable / whole)


@given(WEIGHTS, WEIGHTS, OTHERS, PERCENT)
def test_setting_a_share_twice_changes_nothing(
    stable: int, candidate: int, foreign: dict[str, int], percent: int
) -> None:
    once = with_share(forward_action({BLUE: stable, GREEN: candidate, **foreign}), BLUE, GREEN, percent)
    assert same_forwarding(once, with_share(once, BLUE, GREEN, percent))


@given(st.integers(1, MOST), OTHERS, st.lists(PERCENT, min_size=1, max_size=6))
def test_a_walk_of_shares_ends_where_it_says(
    stable: int, foreign: dict[str, int], percents: list[int]
) -> None:
    actions = forward_action({BLUE: stable, **foreign})
    for percent in percents:
        actions = with_share(actions, BLUE, GREEN, percent)
    whole = weights(actions)[BLUE] + weights(actions)[GREEN]
    assert abs(candidate_share(actions, BLUE, GREEN) - percents[-1]) <= 50.001 / whole


def test_a_pair_that_gets_nothing_beside_others_still_gets_nothing() -> None:
    split = with_share(forward_action({BLUE: 0, FOREIGN: 5}), BLUE, GREEN, 20)
    assert weights(split) == {FOREIGN: 5, BLUE: 0, GREEN: 0}
    assert candidate_share(split, BLUE, GREEN) == 0


@pytest.mark.parametrize("others", [{}, {FOREIGN: 0}])
def test_a_pair_on_its_own_that_gets_nothing_gets_its_shares(others: dict[str, int]) -> None:
    nothing = forward_action({BLUE: 0, GREEN: 0, **others})
    split = with_share(nothing, BLUE, GREEN, 20)
    assert weights(split) == {BLUE: 80, GREEN: 20, **others}
    assert not same_forwarding(nothing, split)


@pytest.mark.parametrize(
    ("given", "may"),
    [
        ({"blue": 100, "green": 0}, True),
        ({"blue": 0, "green": 100}, False),
        ({"green": 100}, False),
        ({"blue": 0, "green": 0}, True),
        ({"green": 0}, True),
        ({"blue": 0, "green": 0, "foreign": 1}, False),
        ({}, False),
    ],
)
def test_without_any_weight_clients_may_be_sent_anywhere(given: dict[str, int], *, may: bool) -> None:
    assert may_get(forwarding_to(**given), BLUE) is may


def test_everything_but_the_weights_stays_as_it_is() -> None:
    before = (LOGIN, *forwarding_to(True, blue=1))
    login, forward = with_share(before, BLUE, GREEN, 30)
    assert login == LOGIN
    assert forward["Order"] == 1
    assert is_sticky((forward,))


def test_one_target_group_becomes_a_list() -> None:
    (forward,) = with_share(simple_forward(), BLUE, GREEN, 0)
    assert "TargetGroupArn" not in forward
    (again,) = with_share(({"Type": "forward", "TargetGroupArn": BLUE},), BLUE, GREEN, 0)
    assert again["ForwardConfig"] == forward["ForwardConfig"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({BLUE: 1}, {BLUE: 100, GREEN: 0}),
        ({BLUE: 0}, {BLUE: 0, GREEN: 0}),
        ({BLUE: 3, FOREIGN: 1}, {BLUE: 3, FOREIGN: 1, GREEN: 0}),
    ],
)
def test_a_candidate_is_attached_without_traffic(before: dict[str, int], after: dict[str, int]) -> None:
    actions = attached(forward_action(before), GREEN)
    assert weights(actions) == after
    assert candidate_share(actions, BLUE, GREEN) == 0


def test_a_target_group_that_is_taken_out_gets_nothing_cookie_or_not() -> None:
    assert weights(without(forwarding_to(True, blue=80, green=20), GREEN)) == {BLUE: 80}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (simple_forward(), forwarding_to(blue=100), True),
        (forwarding_to(blue=1, green=1), forwarding_to(blue=50, green=50), True),
        (forwarding_to(blue=1, green=1), forwarding_to(blue=50, green=49), False),
        (forwarding_to(blue=1, green=0), forwarding_to(blue=1), False),
        (forwarding_to(True, blue=1), forwarding_to(blue=1), False),
        (forwarding_to(blue=0), forwarding_to(blue=0), True),
    ],
)
def test_what_counts_is_the_share_not_how_it_is_written(
    one: tuple[JsonObject, ...], other: tuple[JsonObject, ...], *, same: bool
) -> None:
    assert same_forwarding(one, other) is same


def test_a_candidate_that_is_not_there_has_no_share() -> None:
    assert candidate_share(simple_forward(), BLUE, None) == 0
