"""Numbers of instances that do not fit the group are refused when a rollout is planned or started."""

import pytest

from signalbox.kernel.errors import Unprocessable
from signalbox.rollouts.draft import draft
from signalbox.rollouts.service import Provision, Retire, Shift, StepSpec, Strategy
from tests.unit.builders import GREEN, IMAGE, group, spec, survey


def by_hand(count: int) -> Strategy:
    steps = (
        StepSpec(provision=Provision(count=count)),
        StepSpec(shift=Shift(percent=100)),
        StepSpec(retire=Retire()),
    )
    return Strategy(steps=steps)


@pytest.mark.parametrize("slots", [False, True])
@pytest.mark.parametrize(
    ("strategy", "field", "told"),
    [
        (Strategy(preset="canary", canary=11), "strategy.canary", "11 instances are more than blue may have"),
        (by_hand(11), "strategy.steps.0.provision.count", "11 instances are more than blue may have"),
    ],
)
def test_more_than_the_group_takes_is_refused_with_what_would_be_right(
    strategy: Strategy, field: str, told: str, *, slots: bool
) -> None:
    with pytest.raises(Unprocessable) as refusal:
        draft(spec(strategy, slots=slots), survey(), IMAGE)
    (violation,) = refusal.value.violations
    assert (violation.field, violation.message) == (field, f"{told}: give at most 10")
    assert draft(spec(strategy, slots=slots), survey(), None).steps  # the group may be another one then


@pytest.mark.parametrize("strategy", [Strategy(preset="canary", canary=10), by_hand(10)])
def test_as_many_as_it_takes_are_right(strategy: Strategy) -> None:
    assert draft(spec(strategy), survey(), IMAGE).steps


def test_the_first_ones_are_no_more_than_all_that_there_are() -> None:
    """At night a group may be smaller than its strategy was written for."""
    of = spec(Strategy(preset="immutable", first=5))
    assert next(step.name for step in draft(of, survey(), IMAGE).steps) == "provision 4"


def test_the_way_back_is_not_refused_for_a_number() -> None:
    of = spec(Strategy(preset="canary", canary=11))
    assert draft(of, survey(), IMAGE, undo=True).steps


def test_where_nothing_serves_the_first_instances_are_all_there_is() -> None:
    nothing = survey(groups={"blue": group(size=0), "green": group("green", size=0, serves=GREEN)})
    assert draft(spec(Strategy(preset="canary", canary=50)), nothing, IMAGE).first == 1
