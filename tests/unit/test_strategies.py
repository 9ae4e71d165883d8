"""Presets, one by one."""

from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import (
    Analyse,
    Bake,
    Guards,
    Pause,
    Preset,
    Provision,
    Replace,
    Retire,
    Shift,
    StepSpec,
    Strategy,
)
from signalbox.rollouts.strategies.ab_test import ab_test
from signalbox.rollouts.strategies.all_at_once import all_at_once
from signalbox.rollouts.strategies.batches import batch_size
from signalbox.rollouts.strategies.blue_green import blue_green
from signalbox.rollouts.strategies.canary import canary
from signalbox.rollouts.strategies.drafts import Fleet
from signalbox.rollouts.strategies.free import actions_of, free
from signalbox.rollouts.strategies.immutable import immutable
from signalbox.rollouts.strategies.linear import linear
from signalbox.rollouts.strategies.presets import PRESETS, with_floor
from signalbox.rollouts.strategies.rolling import rolling, rolling_with_additional_batch
from signalbox.rollouts.strategies.traffic_splitting import traffic_splitting
from tests.unit.builders import spec
from tests.unit.experiments import ab_test as of_experiment
from tests.unit.experiments import conversion, latency

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


def test_a_canary_counts_its_batches_in_instances_where_it_is_told_so() -> None:
    steps = canary(Strategy(canary=1, batch_count=3), FOUR)
    assert [
        (step.kind, step.count, step.batch_count) for step in steps if step.kind is not StepKind.BAKE
    ] == [
        (StepKind.PROVISION, 1, None),
        (StepKind.PROVISION, 3, None),
        (StepKind.REPLACE, None, 3),
        (StepKind.RETIRE, None, None),
    ]


def goals(steps: list[Step], size: int) -> list[int]:
    """Instances on the new version after each replace step."""
    return [part(step.percent or 0, size) for step in steps if step.kind is StepKind.REPLACE]


def test_rolling_watches_each_batch() -> None:
    steps = rolling(Strategy(batch=50, bake="2m"), FOUR)
    assert [step.name for step in steps] == [
        *("replace 50 % in batches of 50 %", "bake 2m"),
        *("replace 100 % in batches of 50 %", "bake 2m"),
    ]


@given(st.integers(1, 100), st.integers(1, 100) | st.none(), st.integers(1, 150) | st.none())
def test_of_up_to_a_hundred_instances_each_batch_is_watched(
    size: int, percent: int | None, count: int | None
) -> None:
    strategy = Strategy(batch=percent, batch_count=count)
    batch = batch_size(strategy, size)
    found = goals(rolling(strategy, Fleet(size=size, floor=0)), size)
    assert found == [min(size, number * batch) for number in range(1, len(found) + 1)]
    assert found[-1] == size


@given(st.integers(0, 20_000), st.integers(1, 1000))
def test_the_plan_of_a_rolling_replacement_does_not_grow_with_the_fleet(size: int, count: int) -> None:
    steps = rolling(Strategy(batch_count=count), Fleet(size=size, floor=0))
    assert 2 <= len(steps) <= 200
    assert steps[-2].percent == 100


def test_an_additional_batch_serves_first_and_goes_last() -> None:
    steps = rolling_with_additional_batch(Strategy(batch_count=3), FOUR)
    assert kinds(steps) == ["provision", "replace", "bake", "replace", "bake", "retire"]
    assert steps[0].count == 3


def test_all_at_once_takes_everything_in_one_batch() -> None:
    steps = all_at_once(Strategy(), FOUR)
    assert [step.name for step in steps] == ["replace 100 % in batches of 100 %", "bake 5m"]


def test_immutable_looks_at_one_instance_before_the_rest_comes() -> None:
    assert [step.name for step in immutable(Strategy(keep_old_for="2h"), FOUR)] == [
        "provision 1",
        "check 1m",
        "provision 100 %",
        "shift 100 %",
        "bake 10m",
        "keep the old for 2h",
        "retire",
    ]


def test_traffic_splitting_watches_each_share() -> None:
    assert [step.name for step in traffic_splitting(Strategy(shares=(5, 50), every="3m"), FOUR)] == [
        "provision 100 %",
        *("shift 5 %", "bake 3m"),
        *("shift 50 %", "bake 3m"),
        *("shift 100 %", "bake 10m"),
        "retire",
    ]


@pytest.mark.parametrize(
    ("strategy", "size", "floor"),
    [
        (Strategy(preset="canary"), 4, 100),
        (Strategy(preset="rolling-with-additional-batch"), 4, 100),
        (Strategy(steps=(StepSpec(replace=Replace()),)), 4, 100),
        (Strategy(preset="rolling"), 4, 75),
        (Strategy(preset="rolling", batch_count=1), 3, 66),
        (Strategy(preset="rolling", batch_count=7), 3, 0),
        (Strategy(preset="all-at-once"), 4, 0),
        (Strategy(preset="all-at-once"), 0, 100),
    ],
)
def test_the_floor_is_what_a_preset_leaves_in_service(strategy: Strategy, size: int, floor: int) -> None:
    assert with_floor(spec(strategy, guards=Guards()), size).guards.min_healthy_percent == floor


def test_the_owners_floor_stands() -> None:
    of = spec(Strategy(preset="all-at-once"), guards=Guards(min_healthy_percent=50))
    assert with_floor(of, 4) is of


def test_every_preset_is_one_that_a_service_may_name_and_takes_what_a_strategy_has() -> None:
    assert set(get_args(Preset)) == set(PRESETS)
    parameters = {name for preset in PRESETS.values() for name in preset.parameters}
    assert parameters == {field.name for field in fields(Strategy)} - {"preset", "steps"}


def test_an_ab_test_compares_before_all_traffic_goes_over() -> None:
    assert [step.name for step in ab_test(of_experiment(share=50, keep_old_for="1h"), FOUR)] == [
        "provision 100 %",
        "shift 50 %",
        "analyse Orders of Visits for at most 1h",
        "shift 100 %",
        "keep the old for 1h",
        "retire",
    ]
    assert [step.name for step in ab_test(of_experiment(latency()), FOUR)][1:3] == [
        "shift 10 %",
        "analyse mean of Latency for at most 2h",
    ]


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
        StepSpec(analyse=Analyse(experiment=conversion(duration="3d"))),
        StepSpec(pause=Pause()),
        StepSpec(retire=Retire()),
    )
    assert [step.name for step in free(specs)] == [
        "provision 50 %",
        "shift 0 %",
        "replace 30 % in batches of 10 %",
        "bake 2h",
        "analyse Orders of Visits for at most 3d",
        "pause",
        "retire",
    ]


def test_a_step_with_two_actions_shows_both() -> None:
    assert actions_of(StepSpec(pause=Pause(), retire=Retire())) == [Pause(), Retire()]
    assert actions_of(StepSpec()) == []
