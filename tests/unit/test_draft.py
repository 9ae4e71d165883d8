"""A rollout before it is begun."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Unprocessable
from signalbox.rollouts.draft import NOBODY, draft, estate_of, writes_of
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.service import (
    Guards,
    Provision,
    Replace,
    Retire,
    ServiceSpec,
    Shift,
    StepSpec,
    Strategy,
)
from tests.unit.builders import (
    BLUE_GREEN,
    GREEN,
    IMAGE,
    OLD_IMAGE,
    ROLLOUT,
    alarm,
    group,
    instances,
    layout,
    spec,
    survey,
)


def refusals(of: ServiceSpec, version: str | None = IMAGE, **found: object) -> list[str]:
    with pytest.raises(Unprocessable) as refused:
        draft(of, survey(**found), version)
    return [violation.message for violation in refused.value.violations]


def test_a_draft_says_what_would_be_done_by_whom_and_from_what() -> None:
    drafted = draft(spec(), survey(), IMAGE, ROLLOUT)
    assert drafted.rollout_id == ROLLOUT
    assert drafted.layout.placement is Placement.BESIDE
    assert [step.name for step in drafted.steps][0] == "provision 1"
    assert drafted.previous_version == OLD_IMAGE
    assert drafted.warnings == ()


def test_a_service_is_looked_at_without_a_version() -> None:
    drafted = draft(spec(BLUE_GREEN), survey(known_image=False), None)
    assert drafted.rollout_id == NOBODY
    assert drafted.steps


def test_everything_is_refused_at_once() -> None:
    assert refusals(spec(), "latest", groups={}) == [
        "Auto Scaling group blue does not exist in eu-west-1",
        "give an AMI id such as ami-0123456789abcdef0, or a launch template version",
    ]


@pytest.mark.parametrize(("version", "previous"), [(OLD_IMAGE, OLD_IMAGE), ("1", "1")])
def test_what_serves_already_needs_no_step(version: str, previous: str) -> None:
    drafted = draft(spec(), survey(), version)
    assert drafted.previous_version == previous
    assert drafted.steps == ()
    assert writes_of(drafted, survey(), version) == ()


@pytest.mark.parametrize("version", [OLD_IMAGE, "1"])
def test_a_group_whose_instances_are_not_all_at_its_version_is_renewed(version: str) -> None:
    """Found by the simulation: somebody had set the group to a version, which then needed no rollout."""
    mixed = replace(group(), instances=(*group().instances[:3], *instances("7", 1, "i-other")))
    drafted = draft(spec(), survey(groups={"blue": mixed}), version)
    assert drafted.previous_version == version
    assert drafted.steps


def test_a_version_whose_image_nobody_knows_goes_by_its_number() -> None:
    assert draft(spec(), survey(images={}), IMAGE).previous_version == "1"


def test_useless_guards_and_foreign_owners_are_warned_of() -> None:
    found = survey(
        groups={"blue": group(tags={})},
        alarms={"checkout-5xx": alarm(state="INSUFFICIENT_DATA", span=3600)},
    )
    drafted = draft(spec(), found, IMAGE)
    assert [warning.split(":")[0] for warning in drafted.warnings] == [
        "guards.alarms",
        "strategy",
        "blue is not tagged signalbox",
    ]
    assert drafted.useless_guards == drafted.warnings[:1]


def in_place(*, floor: int, batch: int = 25) -> ServiceSpec:
    steps = (StepSpec(replace=Replace(batch=batch)),)
    return spec(Strategy(steps=steps), guards=Guards(min_healthy_percent=floor))


def test_a_floor_that_leaves_no_room_is_refused_with_what_would_be_right() -> None:
    assert refusals(in_place(floor=100)) == [
        "step replace 100 % in batches of 25 % would never settle: 0 of 4 instances are replaced and healthy;"
        " 4 healthy leave no room above the floor of 4; provision more before it, or lower"
        " guards.min_healthy_percent"
    ]
    assert draft(in_place(floor=75), survey(), IMAGE).steps
    assert refusals(in_place(floor=75), None, groups={"blue": group(size=1)})


@pytest.mark.parametrize(("floor", "told"), [(None, False), (0, False), (75, True)])
def test_all_at_once_that_is_not_all_at_once_is_warned_of(floor: int | None, *, told: bool) -> None:
    guards = Guards(alarms=("checkout-5xx",), min_healthy_percent=floor)
    drafted = draft(spec(Strategy(preset="all-at-once"), guards=guards), survey(), IMAGE)
    warning = (
        "guards.min_healthy_percent: 3 of 4 instances have to serve, so all-at-once goes in batches,"
        " with both versions side by side"
    )
    assert (warning in drafted.warnings) is told


def test_a_shift_onto_too_little_capacity_is_refused() -> None:
    steps = (
        StepSpec(provision=Provision(percent=50)),
        StepSpec(shift=Shift(percent=100)),
        StepSpec(retire=Retire()),
    )
    (message,) = refusals(spec(Strategy(steps=steps)))
    assert "step shift 100 % would never settle: 2 of 4 instances that 100 % needs are healthy" in message


def test_a_group_that_is_just_launching_is_not_taken_for_one_that_never_will() -> None:
    launching = replace(group(), instances=group().instances[:3])
    assert draft(spec(), survey(groups={"blue": launching}), IMAGE).steps


@pytest.mark.parametrize("placement", Placement)
def test_what_is_surveyed_counts_as_healthy(placement: Placement) -> None:
    found = survey(groups={"blue": group(), "green": group("green", size=2, serves=GREEN)})
    estate = estate_of(layout(placement, found), found)
    assert len(estate.healthy_stable) == 4
    assert [r.arn for r in estate.rules] == list(layout(placement).references)
    assert (estate.candidate is not None) == (placement is Placement.SLOT)
    assert (estate.candidate_target_group is None) == (placement is Placement.COPY)
    if placement is Placement.SLOT:
        assert len(estate.healthy_candidate) == 2


@pytest.mark.parametrize(("strategy", "deletes"), [(BLUE_GREEN, True), (Strategy(preset="canary"), False)])
def test_the_plan_ends_with_the_copies_of_alarms(strategy: Strategy, *, deletes: bool) -> None:
    of = spec(strategy)
    drafted = draft(of, survey(), IMAGE)
    planned = writes_of(drafted, survey(), IMAGE)
    assert (planned[-1].write.operation == "DeleteAlarms") is deletes
    assert planned[-1].step == drafted.steps[-1].index
