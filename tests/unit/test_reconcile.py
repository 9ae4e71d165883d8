"""What an open rollout needs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, Transient
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.commands.reconcile import (
    GRACE,
    OVERDUE,
    SILENT,
    Care,
    care_for,
    is_restoring_for_long,
    reconcile,
    reconcile_one,
)
from signalbox.rollouts.model import Clocks, Hold, HoldKind, Phase
from signalbox.rollouts.progress import State
from signalbox.rollouts.record import Rollout
from tests.unit.builders import CANARY, NOW, rollout, spec
from tests.unit.fakes import World
from tests.unit.machine import started
from tests.unit.stories import once

STATUSES = [None, "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
SECOND = timedelta(seconds=1)


@given(st.sampled_from(Phase), st.sampled_from(STATUSES))
def test_what_has_ended_is_bid_farewell_once_its_execution_is_over(phase: Phase, status: str | None) -> None:
    care, why = care_for(rollout(phase=phase), status, NOW)
    assert (care is Care.FAREWELL) == (phase.is_final and status != "RUNNING")
    assert why


def test_a_sweep_beside_the_end_does_not_tell_it_twice() -> None:
    world = World()
    story = started(world, spec(CANARY)).run(lambda s: s.state is State.FINISH)
    publish = world.bus.publish

    def sweep_at_once(told: Rollout, entries: Sequence[Entry]) -> None:
        world.bus.publish = publish  # type: ignore[method-assign]
        publish(told, entries)
        reconcile(world.ports)

    world.bus.publish = sweep_at_once  # type: ignore[method-assign, assignment]
    story.run()
    assert [entry.type for entry in world.bus.published].count("Rollout Succeeded") == 1


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_stuck_is_left_to_people(status: str | None) -> None:
    assert care_for(rollout(phase=Phase.STUCK), status, NOW)[0] is Care.NOTHING


@pytest.mark.parametrize(
    ("generation", "age", "care"),
    [(1, GRACE - SECOND, Care.NOTHING), (1, GRACE, Care.START), (2, SECOND, Care.START)],
)
def test_a_generation_without_an_execution_is_started(generation: int, age: timedelta, care: Care) -> None:
    assert care_for(rollout(generation=generation), None, NOW + age)[0] is care


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.HOLDING, Phase.ROLLING_BACK])
def test_an_execution_that_ended_well_before_its_rollout_is_continued(phase: Phase) -> None:
    assert care_for(rollout(phase=phase), "SUCCEEDED", NOW) == (Care.CONTINUE, "its history grew long")


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.RUNNING, Phase.HOLDING, Phase.ROLLING_BACK])
def test_an_execution_that_died_throws_its_rollout_back(phase: Phase, status: str) -> None:
    care, why = care_for(rollout(phase=phase), status, NOW)
    assert care is Care.THROW_BACK
    assert status in why


def test_an_execution_that_ended_before_anything_began_throws_its_rollout_back() -> None:
    assert care_for(rollout(), "SUCCEEDED", NOW)[0] is Care.THROW_BACK


@pytest.mark.parametrize(
    ("late", "care"), [(OVERDUE, Care.NOTHING), (OVERDUE + SECOND, Care.THROW_BACK), (-SECOND, Care.NOTHING)]
)
def test_a_hold_that_is_long_past_its_deadline_throws_its_rollout_back(late: timedelta, care: Care) -> None:
    hold = Hold(kind=HoldKind.BAKE, until=rfc3339(NOW), reason="")
    assert care_for(rollout(phase=Phase.HOLDING, hold=hold), "RUNNING", NOW + late)[0] is care


def test_who_is_on_the_way_is_left_alone() -> None:
    assert care_for(rollout(phase=Phase.RUNNING), "RUNNING", NOW)[0] is Care.NOTHING


@pytest.mark.parametrize(
    ("phase", "began", "silence", "told"),
    [
        (Phase.ROLLING_BACK, True, SILENT + SECOND, True),
        (Phase.ROLLING_BACK, True, SILENT, False),
        (Phase.ROLLING_BACK, False, SILENT + SECOND, False),
        (Phase.ROLLED_BACK, True, SILENT + SECOND, False),
    ],
)
def test_a_restore_that_does_not_end_is_told(
    phase: Phase, silence: timedelta, *, began: bool, told: bool
) -> None:
    clocks = Clocks(detected_at=rfc3339(NOW) if began else None)
    assert is_restoring_for_long(rollout(phase=phase, clocks=clocks), NOW + silence) is told


def test_a_sweep_that_finds_nothing_open_is_the_last_for_a_while() -> None:
    world = World()
    world.sweeping.enabled = True
    assert reconcile(world.ports) == (0, [])
    assert not world.sweeping.enabled


def test_a_sweep_that_finds_something_open_goes_on() -> None:
    world = World()
    started(world, spec(CANARY)).step()
    assert reconcile(world.ports) == (1, [])
    assert world.sweeping.enabled


def test_a_rollout_that_opens_while_the_sweep_ends_is_not_missed() -> None:
    world = World()

    def switched() -> None:
        world.sweeping.enabled = False
        world.store.open["r-late"] = "checkout"

    world.sweeping.disable = switched  # type: ignore[method-assign]
    reconcile(world.ports)
    assert world.sweeping.enabled


def test_what_needs_something_is_looked_at_again_in_a_minute_though_the_last_sweep_has_rested() -> None:
    """Found by a storm: a sweep rested while the start waited to be stored; then the execution was stopped,
    and so was whoever took over: the restore began an hour later."""
    world = World()
    story = started(world, spec(CANARY))
    world.sweeping.enabled = False
    world.executions.statuses[story.rollout_id, 1] = "ABORTED"
    world.executions.start = once(Transient("slow down"), world.executions.start)  # type: ignore[method-assign]
    with pytest.raises(Transient):
        reconcile_one(story.service, story.rollout_id, world.ports)
    assert world.sweeping.enabled


def test_a_record_that_is_gone_is_not_looked_for_again() -> None:
    world = World()
    world.store.open["r-gone"] = "checkout"
    assert reconcile_one("checkout", "r-gone", world.ports) is Care.NOTHING
    assert not world.store.open


def test_who_is_slower_than_another_sweep_does_nothing() -> None:
    world = World()
    story = started(world, spec(CANARY))
    story.step()
    world.executions.statuses[story.rollout_id, 1] = "FAILED"
    record = story.rollout

    def overtaken(rollout_id: str, generation: int) -> str:
        world.store.records[story.service, rollout_id] = replace(record, revision=record.revision + 1)
        return "FAILED"

    world.executions.status = overtaken  # type: ignore[method-assign]
    assert reconcile_one(story.service, story.rollout_id, world.ports) is Care.NOTHING
    assert story.rollout.generation == 1


def test_a_conflict_elsewhere_is_not_hidden() -> None:
    world = World()
    started(world, spec(CANARY))
    with pytest.raises(Conflict):
        started(world, spec(CANARY))
