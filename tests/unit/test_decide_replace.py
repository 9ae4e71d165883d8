"""Replace, one decision at a time."""

from dataclasses import replace

import pytest

from signalbox.rollouts.decisions.replace import decide_replace
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.model import Told
from signalbox.rollouts.strategies.drafts import replace_batches
from signalbox.rollouts.writes import set_group
from tests.unit.scenes import (
    at,
    healthy_but,
    leaving,
    ready,
    replacing,
)


@pytest.mark.parametrize(
    ("size", "surge", "batch", "count"),
    [(4, 1, 25, 1), (8, 1, 25, 1), (8, 2, 25, 2), (8, 9, 25, 2), (3, 3, 100, 3)],
)
def test_a_batch_is_what_percent_and_floor_allow(size: int, surge: int, batch: int, count: int) -> None:
    _, decision = replacing(size, surge=surge, batch=batch)
    assert leaving(decision) == count


def test_the_last_batch_is_what_is_left() -> None:
    assert leaving(replacing(8, surge=8, batch=50, new=7)[1]) == 1


def test_without_room_above_the_floor_nothing_goes() -> None:
    decision = replacing(4, surge=0)[1]
    assert decision.reason == (
        "0 of 4 instances are replaced and healthy; 4 healthy leave no room above the floor of 4"
    )


def test_unhealthy_ones_go_first_and_cost_nothing() -> None:
    here, _ = replacing(4, surge=0)
    ill = here.estate.stable.instances[3]
    decision = decide_replace(healthy_but(here, ill), replace_batches(100, 50))
    assert [write.parameters["InstanceId"] for write in decision.writes] == [ill.id]


def test_an_unhealthy_one_is_part_of_its_batch() -> None:
    here, _ = replacing(8, surge=8)
    blue = here.estate.stable
    decision = decide_replace(healthy_but(here, blue.instances[5]), replace_batches(100, 25))
    assert [write.parameters["InstanceId"] for write in decision.writes] == [
        blue.instances[5].id,
        blue.instances[0].id,
    ]


def test_no_batch_goes_beyond_the_part_that_is_asked_for() -> None:
    here, _ = replacing(8, surge=8, new=3)
    assert leaving(decide_replace(here, replace_batches(50, 25))) == 1


def test_who_serves_from_a_target_group_of_its_own_leaves_no_room() -> None:
    here = ready(Placement.SLOT)
    renewing = at(here, stable=replace(here.estate.stable, template_version="2"))
    decision = decide_replace(renewing, replace_batches(100, 25))
    assert decision.reason.endswith("4 healthy leave no room above the floor of 4")


def test_a_group_that_may_shrink_is_pinned_before_the_next_batch() -> None:
    here, _ = replacing(4, surge=1, new=1)
    low = replace(here.estate.stable, min=1)
    decision = decide_replace(at(here, stable=low), replace_batches(100, 25))
    assert decision.writes == (set_group(low, version="2", min_size=4),)


def test_the_next_batch_waits_for_the_last() -> None:
    here, _ = replacing(4, surge=1, new=1)
    fresh = here.estate.stable.instances[0]
    decision = decide_replace(healthy_but(here, fresh), replace_batches(100, 25))
    assert (decision.awaits, decision.look_again) == (None, 10)
    blue = here.estate.stable
    launching = at(here, stable=replace(blue, instances=blue.instances[1:]))
    decision = decide_replace(launching, replace_batches(100, 25))
    assert (decision.awaits, decision.times) == (Told.LAUNCHED, 1)


def test_a_part_of_the_group_is_enough_when_a_part_is_asked_for() -> None:
    here, _ = replacing(4, surge=1, new=2)
    assert decide_replace(here, replace_batches(50, 25)).settled
    assert not decide_replace(here, replace_batches(51, 25)).settled


def test_a_group_that_is_renewed_in_place_may_shrink_again() -> None:
    here, decision = replacing(4, surge=0, new=4)
    assert decision.writes == (set_group(here.estate.stable, min_size=1),)
    with_candidate, decision = replacing(4, surge=1, new=4)
    assert decision.settled
    assert with_candidate.estate.stable.min == 4
