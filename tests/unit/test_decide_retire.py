"""Retire and removal, one decision at a time."""

from dataclasses import replace

import pytest

from signalbox.rollouts.decisions.removal import made_here, remove_candidate, remove_version
from signalbox.rollouts.decisions.retire import decide_retire, slot_sizes, too_few_healthy
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.model import Told
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.writes import set_group
from tests.unit.builders import (
    BLUE,
    COPY,
    GREEN,
    ROLLOUT,
    forwarding_to,
    group,
    healthy,
    instances,
    rule,
    scene,
    target_group,
)
from tests.unit.scenes import (
    at,
    candidate,
    healthy_but,
    operations,
    ready,
    weights_of,
)


def test_a_slot_that_is_retired_empties_and_the_other_may_shrink() -> None:
    here = at(ready(), rules=(rule(actions=forwarding_to(blue=0, green=100)),))
    decision = decide_retire(here)
    assert decision.writes == (set_group(here.estate.stable, min_size=0, desired=0),)
    draining = at(here, stable=replace(here.estate.stable, min=0, desired=0))
    decision = decide_retire(draining)
    assert (decision.awaits, decision.times) == (Told.TERMINATED, 4)
    empty = at(draining, stable=replace(draining.estate.stable, instances=()))
    assert decide_retire(empty).writes == (set_group(candidate(here), min_size=1),)
    assert decide_retire(at(empty, candidate=None)).settled


@pytest.mark.parametrize(
    ("told", "expected"),
    [((), (4, 10)), (("min",), (1, 10)), (("max",), (3, 3)), (("max", "min"), (1, 3))],
)
def test_a_slot_has_what_its_owner_has_set_meanwhile(
    told: tuple[str, ...], expected: tuple[int, int]
) -> None:
    here = ready()
    own = replace(candidate(here), min=1, max=3 if "max" in told else 10, set_meanwhile=told)
    before = replace(here.snapshot, stable=replace(here.snapshot.stable, min=4), candidate=own)
    assert slot_sizes(replace(here, snapshot=before)) == expected


def test_an_original_converges_while_the_copy_serves() -> None:
    here = at(ready(Placement.COPY), rules=(rule(actions=forwarding_to(blue=0, copy=100)),))
    blue = here.estate.stable
    assert decide_retire(here).writes == (set_group(blue, version="2"),)
    renamed = replace(blue, template_version="2", resolved_version="2")
    assert decide_retire(at(here, stable=renamed)).writes == (set_group(renamed, min_size=0, desired=0),)
    leaving_ = replace(renamed, min=0, desired=0)
    assert decide_retire(at(here, stable=leaving_)).awaits is Told.TERMINATED
    empty = replace(leaving_, instances=())
    assert decide_retire(at(here, stable=empty)).writes == (set_group(empty, min_size=1, desired=4),)
    grown = replace(empty, min=1, desired=4, instances=instances("2", 4, "new"))
    assert decide_retire(at(here, stable=grown)).look_again == 10
    back = decide_retire(here.looking_at(healthy(replace(here.estate, stable=grown))))
    assert weights_of(back) == {BLUE: 1}


def test_a_slot_leaves_a_sticky_rule_before_it_is_emptied() -> None:
    here = at(ready(), rules=(rule(actions=forwarding_to(True, blue=0, green=100)),))
    decision = decide_retire(here)
    assert weights_of(decision) == {GREEN: 100}
    moved = at(here, rules=(rule(actions=forwarding_to(True, green=100)),))
    assert decide_retire(moved).writes == (set_group(moved.estate.stable, min_size=0, desired=0),)


def test_an_original_leaves_a_sticky_rule_while_it_is_empty() -> None:
    here = at(ready(Placement.COPY), rules=(rule(actions=forwarding_to(True, blue=0, copy=100)),))
    blue = replace(here.estate.stable, template_version="2", resolved_version="2")
    assert weights_of(decide_retire(at(here, stable=blue))) == {COPY: 100}
    moved = at(here, rules=(rule(actions=forwarding_to(True, copy=100)),))
    leave = set_group(blue, min_size=0, desired=0)
    assert decide_retire(at(moved, stable=blue)).writes == (leave,)
    grown = replace(blue, min=1, desired=4, instances=instances("2", 4, "new"))
    attached = decide_retire(at(moved, stable=grown))
    assert weights_of(attached) == {COPY: 100, BLUE: 0}
    assert attached.reason == "the original at weight 0, so that its health is checked"
    launching = replace(grown, instances=grown.instances[:3])
    assert not decide_retire(at(moved, stable=launching)).writes
    back = at(here, stable=grown)  # attached again: its health is checked
    assert decide_retire(back).look_again == 10


@pytest.mark.parametrize("placement", Placement)
def test_what_goes_is_emptied_also_when_its_minimum_is_nothing_already(placement: Placement) -> None:
    here = at(ready(placement), rules=(rule(actions=forwarding_to(blue=0, green=100)),))
    which = "candidate" if placement is Placement.BESIDE else "stable"
    low = replace(getattr(here.estate, which), min=0, template_version="2")
    most = 0 if placement is Placement.BESIDE else None  # what is deleted next is never scaled again
    empty = set_group(low, min_size=0, max_size=most, desired=0)
    assert decide_retire(at(here, **{which: low})).writes == (empty,)


def sized(here: Scene, *, most: int) -> Scene:
    """Whose owner has set another maximum meanwhile."""
    stable = replace(here.snapshot.stable, max=most, desired=min(4, most))
    return replace(here, snapshot=replace(here.snapshot, stable=stable))


@pytest.mark.parametrize(("grown", "most", "size"), [(4, 10, 4), (6, 10, 6), (6, 5, 5)])
def test_an_original_grows_to_what_its_copy_has_become(grown: int, most: int, size: int) -> None:
    here = sized(ready(Placement.COPY, size=grown), most=most)
    empty = replace(
        here.estate.stable,
        template_version="2",
        resolved_version="2",
        max=most,
        min=0,
        desired=0,
        instances=(),
    )
    assert decide_retire(at(here, stable=empty)).writes == (set_group(empty, min_size=1, desired=size),)


def test_an_original_whose_maximum_was_lowered_grows_no_further() -> None:
    here = sized(ready(Placement.COPY), most=2)
    low = replace(
        here.estate.stable,
        template_version="2",
        resolved_version="2",
        max=2,
        min=1,
        desired=2,
        instances=instances("2", 2, "new"),
    )
    assert not decide_retire(at(here, stable=low)).writes


def test_an_original_takes_over_the_sizes_that_its_copy_was_given() -> None:
    here = sized(ready(Placement.COPY, size=8), most=20)
    empty = replace(
        here.estate.stable, template_version="2", resolved_version="2", min=0, desired=0, instances=()
    )
    grown = set_group(empty, min_size=1, max_size=20, desired=8)
    assert decide_retire(at(here, stable=empty)).writes == (grown,)


def test_an_original_without_its_copy_still_grows_back() -> None:
    here = at(ready(Placement.COPY), candidate=None)
    empty = replace(
        here.estate.stable, template_version="2", resolved_version="2", min=0, desired=0, instances=()
    )
    assert decide_retire(at(here, stable=empty)).writes == (set_group(empty, min_size=1, desired=4),)


@pytest.mark.parametrize("placement", Placement)
def test_what_stays_must_carry_the_traffic(placement: Placement) -> None:
    here = ready(placement)
    assert too_few_healthy(here) is None
    staying = candidate(here) if placement is not Placement.BESIDE else here.estate.stable
    ill = healthy_but(here, *staying.instances[:1])
    assert too_few_healthy(ill) == "3 healthy instances would stay, the floor is 4"


@pytest.mark.parametrize(
    ("tags", "placement", "ours"),
    [
        ({"signalbox:created-by": ROLLOUT}, Placement.COPY, True),
        ({"signalbox:created-by": "r-other"}, Placement.COPY, False),
        ({}, Placement.BESIDE, False),
        ({"signalbox:created-by": ROLLOUT}, Placement.SLOT, False),
    ],
)
def test_only_what_this_rollout_made_is_removed(
    tags: dict[str, str], placement: Placement, *, ours: bool
) -> None:
    here = scene(placement)
    standing = at(here, candidate=group("copy", size=1, tags=tags))
    assert (made_here(standing) is not None) is ours
    assert bool(operations(remove_candidate(standing))) is ours


def test_a_target_group_that_somebody_else_made_stays() -> None:
    here = at(scene(Placement.COPY), candidate_target_group=target_group(GREEN))
    assert remove_candidate(here) is None
    assert remove_candidate(scene(Placement.COPY)) is None


def test_what_was_made_is_emptied_before_it_goes() -> None:
    here = ready(Placement.COPY)
    assert operations(remove_candidate(here)) == ["UpdateAutoScalingGroup"]
    draining = at(here, candidate=replace(candidate(here), min=0, max=0, desired=0))
    waiting = remove_candidate(draining)
    assert waiting is not None
    assert (waiting.awaits, waiting.times) == (Told.TERMINATED, 4)
    empty = at(draining, candidate=replace(candidate(draining), instances=()))
    assert operations(remove_candidate(empty)) == ["DeleteAutoScalingGroup"]
    assert operations(remove_candidate(at(empty, candidate=None))) == ["DeleteTargetGroup"]


@pytest.mark.parametrize("user", ["template", "instance"])
def test_a_version_that_something_uses_stays(user: str) -> None:
    here = at(scene(version="ami-00000000000000001"), candidate_version="2")
    blue = here.estate.stable
    using = (
        replace(blue, template_version="2")
        if user == "template"
        else replace(blue, instances=instances("2", 1))
    )
    assert remove_version(at(here, stable=using)) is None
    assert operations(remove_version(here)) == ["DeleteLaunchTemplateVersions"]


def test_a_version_that_was_asked_for_by_number_is_not_ours_to_delete() -> None:
    assert remove_version(at(scene(version="2"), candidate_version="2")) is None
    assert remove_version(scene()) is None
