"""Foreign changes, told from our own."""

from dataclasses import replace

import pytest

from signalbox.rollouts.drift import Drift, drifts
from signalbox.rollouts.estate import Carried, Estate, Group, Placement
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.routing import forward
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.strategies.drafts import numbered, provision, replace_batches, retire, shift
from signalbox.rollouts.writes import set_group
from tests.unit.builders import BLUE, GREEN, OTHER_RULE, RULE, forwarding_to, rule, scene, simple_forward

STEPS = numbered([provision(percent=100), shift(20), retire()])


def attached() -> Scene:
    """Provisioned on the green slot, and nothing shifted yet."""
    before = scene(Placement.SLOT, version="2")
    assert before.estate.candidate is not None
    return before.looking_at(
        predicted(
            before.estate,
            [
                forward(rule(), forwarding_to(blue=100, green=0)),
                set_group(before.estate.stable, min_size=4),
                set_group(before.estate.candidate, version="2", min_size=4, max_size=10, desired=4),
            ],
        )
    )


def found(change: Estate, *, step: int = 1) -> tuple[Drift, ...]:
    expected = attached().estate.settings()
    return drifts(expected, attached().looking_at(change), STEPS, step)


def test_nothing_changed_is_no_drift() -> None:
    assert found(attached().estate) == ()


def test_other_weights_are_told_with_both_values() -> None:
    change = replace(attached().estate, rules=(rule(actions=forwarding_to(blue=1, green=1)),))
    (drift,) = found(change)
    assert drift.facts() == {
        "resource": RULE,
        "field": "weights",
        "expected": {BLUE: 100, GREEN: 0},
        "found": {BLUE: 1, GREEN: 1},
    }


def test_the_same_shares_in_other_words_are_no_drift() -> None:
    assert found(replace(attached().estate, rules=(rule(actions=forwarding_to(blue=7, green=0)),))) == ()


def test_weights_that_the_step_would_set_are_its_own() -> None:
    ours = replace(attached().estate, rules=(rule(actions=forwarding_to(blue=80, green=20)),))
    assert found(ours) == ()


def test_weights_of_another_step_are_foreign() -> None:
    ours = replace(attached().estate, rules=(rule(actions=forwarding_to(blue=80, green=20)),))
    assert found(ours, step=0)


def test_a_rule_that_somebody_removed_is_told_with_what_it_did() -> None:
    (told,) = found(replace(attached().estate, rules=()))
    assert (told.resource, told.field, told.found) == (RULE, "weights", {})
    assert told.expected


def test_a_rule_that_is_not_ours_is_not_looked_at() -> None:
    both = replace(
        attached().estate, rules=(*attached().estate.rules, rule(OTHER_RULE, simple_forward(GREEN)))
    )
    assert found(both) == ()


@pytest.mark.parametrize("field", ["min", "template_version"])
def test_a_group_that_somebody_changed_is_told(field: str) -> None:
    estate = attached().estate
    assert estate.candidate is not None
    other: dict[str, object] = {"min": 2, "template_version": "9"}
    change = {field: other[field]}
    stable: Group = replace(estate.stable, **change)  # type: ignore[arg-type]
    candidate: Group = replace(estate.candidate, **change)  # type: ignore[arg-type]
    assert [(d.resource, d.field) for d in found(replace(estate, stable=stable))] == [("blue", field)]
    assert [(d.resource, d.field) for d in found(replace(estate, candidate=candidate))] == [("green", field)]


def test_a_minimum_that_a_scheduled_action_sets_is_its_owners_plan() -> None:
    seen = attached()
    moved = seen.looking_at(replace(seen.estate, stable=replace(seen.estate.stable, min=2)))
    planned = replace(
        moved, snapshot=moved.snapshot.carrying(Carried(actions=({"MinSize": 2}, {"MaxSize": 9})))
    )
    expected = seen.estate.settings()
    assert drifts(expected, moved, STEPS, 1)
    assert drifts(expected, planned, STEPS, 1) == ()


def test_desired_sizes_and_health_move_by_themselves() -> None:
    estate = attached().estate
    assert found(replace(estate, stable=replace(estate.stable, desired=9), health={})) == ()


def test_a_candidate_that_came_or_went_is_no_drift() -> None:
    assert found(replace(attached().estate, candidate=None)) == ()
    expected = replace(attached().estate.settings(), candidate=None)
    assert drifts(expected, attached(), STEPS, 0) == ()


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_batch_that_was_begun_is_our_own(wanted: int) -> None:
    """The group launches the new version, whether or not its instances have gone."""
    before = scene(version="2")
    steps = numbered([provision(count=1), replace_batches(100, 25)])
    begun = predicted(before.estate, [set_group(before.estate.stable, version="2", min_size=4)])
    ended = replace(begun, stable=replace(begun.stable, instances=begun.stable.instances[wanted:]))
    assert drifts(before.estate.settings(), before.looking_at(ended), steps, 1) == ()


def test_an_original_that_was_emptied_to_converge_is_our_own() -> None:
    before = scene(Placement.COPY, version="2")
    emptied = predicted(before.estate, [set_group(before.estate.stable, version="2", min_size=0, desired=0)])
    assert drifts(before.estate.settings(), before.looking_at(emptied), STEPS, 2) == ()
