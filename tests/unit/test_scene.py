"""What decisions are given, and what they answer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.rollouts.estate import Placement
from signalbox.rollouts.model import Told
from signalbox.rollouts.scene import (
    LONGEST_WAIT,
    part,
    pinned,
    settled,
    until_gone,
    until_healthy,
    until_told,
    wait,
    write,
)
from signalbox.rollouts.writes import delete_group, set_group
from tests.unit.builders import GREEN, IMAGE, group, scene


@given(st.integers(1, 100), st.integers(1, 1000))
def test_a_part_of_a_group_never_rounds_to_nothing(percent: int, size: int) -> None:
    assert 1 <= part(percent, size) <= size
    assert part(percent, size) * 100 >= percent * size


@pytest.mark.parametrize(("percent", "size", "expected"), [(0, 9, 0), (50, 3, 2), (100, 7, 7), (90, 4, 4)])
def test_parts_are_rounded_up(percent: int, size: int, expected: int) -> None:
    assert part(percent, size) == expected


def test_the_version_of_an_image_is_known_once_it_is_made() -> None:
    before = scene(version=IMAGE)
    assert before.candidate_version is None
    assert not before.made_version
    after = before.looking_at(replace(before.estate, candidate_version="2"))
    assert after.candidate_version == "2"
    assert after.made_version


def test_a_version_number_is_its_own() -> None:
    asked = scene(version="7")
    assert asked.candidate_version == "7"
    assert not asked.made_version


@pytest.mark.parametrize(
    ("placement", "own"), [(Placement.SLOT, GREEN), (Placement.COPY, None), (Placement.BESIDE, None)]
)
def test_only_a_target_group_of_its_own_tells_it_from_stable(placement: Placement, own: str | None) -> None:
    assert scene(placement).candidate_target_group == own


@pytest.mark.parametrize(("percent", "floor"), [(100, 4), (75, 3), (60, 3), (0, 0)])
def test_the_floor_is_a_part_of_what_was_there(percent: int, floor: int) -> None:
    assert scene(floor=percent).floor == floor


@pytest.mark.parametrize(("asked", "given_"), [(0, 2), (10, 10), (61, LONGEST_WAIT)])
def test_a_wait_is_neither_idle_nor_longer_than_a_minute(asked: int, given_: int) -> None:
    assert wait("for health", asked).look_again == given_


def test_what_aws_tells_is_awaited_and_what_it_does_not_is_looked_at() -> None:
    told = until_healthy("2 of 4", 2, 10)
    assert (told.awaits, told.times) == (Told.LAUNCHED, 2)
    looked = until_healthy("4 of 4 in service", 0, 10)
    assert (looked.awaits, looked.look_again) == (None, 10)
    assert until_told("r", Told.TERMINATED, 3).reason == "r"


def test_an_emptied_group_is_awaited_instance_by_instance() -> None:
    decision = until_gone("old instances", group(size=3))
    assert decision.reason == "3 old instances drain and terminate"
    assert (decision.awaits, decision.times) == (Told.TERMINATED, 3)


def test_a_decision_writes_waits_or_has_settled() -> None:
    writing = write("it goes", delete_group("blue"))
    assert writing.writes == (delete_group("blue"),)
    assert not writing.settled
    assert not wait("for health").writes
    done = settled("done", healthy=4)
    assert done.settled
    assert done.facts == {"healthy": 4}


def test_stable_is_kept_from_shrinking() -> None:
    before = scene()
    blue = before.estate.stable
    assert pinned(before) == set_group(blue, min_size=4)
    in_force = replace(before.estate, stable=replace(blue, min=4))
    assert pinned(before.looking_at(in_force)) is None


@pytest.mark.parametrize("following", ["$Latest", "$Default"])
def test_a_group_that_follows_its_template_is_pinned_to_what_that_means(following: str) -> None:
    before = scene()
    blue = replace(before.estate.stable, template_version=following, min=6)
    pin = pinned(before.looking_at(replace(before.estate, stable=blue)))
    assert pin == set_group(blue, min_size=6, version="1")
