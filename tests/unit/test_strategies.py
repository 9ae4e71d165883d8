"""Presets, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import Bake, Pause, Provision, Replace, Retire, Shift, StepSpec, Strategy
from signalbox.rollouts.strategies.blue_green import blue_green
from signalbox.rollouts.strategies.canary import canary
from signalbox.rollouts.strategies.drafts import Fleet
from signalbox.rollouts.strategies.free import actions_of, free
from signalbox.rollouts.strategies.linear import linear

FOUR = Fleet(size=4, floor=4)


def kinds(steps: list[Step]) -> list[str]:
    return [str(step.kind) for step in steps]


def test_a_canary_watches_a_few_before_the_rest_gives_way() -> None:
    steps = canary(Strategy(canary=2, bake="90s", batch=50), FOUR)
    assert kinds(steps) == ["provision", "bake", "replace", "retire"]
    assert (steps[0].count, steps[1].seconds, steps[2].batch) == (2, 90, 50)


@given(st.integers(1, 1000), st.integers(0, 100), st.none() | st.integers(1, 1000), st.integers(1, 100))
def test_a_canary_always_has_room_for_a_batch(size: int, floor: int, first: int | None, batch: int) -> None:
    fleet = Fleet(size=size, floor=part(floor, size))
    steps = canary(Strategy(canary=first, batch=batch), fleet)
    beside = [step.count or 0 for step in steps if step.kind is StepKind.PROVISION][-1]
    assert size + beside - fleet.floor >= part(batch, size)
    assert len(steps) in (4, 5)


def test_blue_green_turns_once_and_watches() -> None:
    steps = blue_green(Strategy(), FOUR)
    assert kinds(steps) == ["provision", "shift", "bake", "retire"]
    assert (steps[0].percent, steps[1].percent, steps[2].seconds) == (100, 100, 600)


@pytest.mark.parametrize(
    ("share", "shares"),
    [(None, [20, 40, 60, 80, 100]), (30, [30, 60, 90, 100]), (100, [100]), (50, [50, 100])],
)
def test_linear_grows_by_equal_shares_and_watches_each(share: int | None, shares: list[int]) -> None:
    steps = linear(Strategy(share=share), FOUR)
    assert kinds(steps) == ["provision", *["shift", "bake"] * len(shares), "retire"]
    assert [step.percent for step in steps if step.kind is StepKind.SHIFT] == shares
    assert {step.seconds for step in steps if step.kind is StepKind.BAKE} == {300}


@given(st.integers(1, 100))
def test_linear_ends_at_a_hundred_and_never_steps_further_than_asked(share: int) -> None:
    shifts = [s.percent or 0 for s in linear(Strategy(share=share), FOUR) if s.kind is StepKind.SHIFT]
    assert shifts[-1] == 100
    assert all(0 < later - earlier <= share for earlier, later in zip([0, *shifts], shifts, strict=False))


def test_free_steps_are_taken_word_by_word() -> None:
    specs = (
        StepSpec(provision=Provision(percent=50)),
        StepSpec(shift=Shift(percent=0)),
        StepSpec(replace=Replace(percent=30, batch=10)),
        StepSpec(bake=Bake(for_="2h")),
        StepSpec(pause=Pause()),
        StepSpec(retire=Retire()),
    )
    assert [step.name for step in free(specs)] == [
        "provision 50 %",
        "shift 0 %",
        "replace 30 % in batches of 10 %",
        "bake 2h",
        "pause",
        "retire",
    ]


def test_a_step_with_two_actions_shows_both() -> None:
    assert actions_of(StepSpec(pause=Pause(), retire=Retire())) == [Pause(), Retire()]
    assert actions_of(StepSpec()) == []
