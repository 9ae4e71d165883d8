"""What leaves the selection while a run is under way is named, and not touched again."""

from datetime import timedelta
from typing import Any

from signalbox.fleets.model import Kind, Power
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import (
    assert_those_that_leave_are_named,
    at,
    fleet,
    instance,
    railway,
    selecting,
)

SIZE = 20


def some(power: Power, **more: Any) -> Railway:
    """Just before the evening, or the morning."""
    things = [instance(number, power=power) for number in range(1, SIZE + 1)]
    begin = at(19, 59) if power is Power.RUNNING else at(7, 59, day=30)
    stage = railway(*things, now=begin, spec=fleet(**more))
    stage.sweeps = False
    return stage


def test_what_loses_its_tag_on_its_way_is_named_unless_it_has_arrived() -> None:
    stage = some(Power.RUNNING)
    assert_those_that_leave_are_named(stage, SIZE)


def test_what_left_the_selection_and_fell_back_is_not_asked_again() -> None:
    stage = some(Power.STOPPED)
    back = stage.world.aws.of(instance(7).id)
    back.falls_back, back.seconds = 9, 45
    stage.run_until(at(8, 1, day=30) + timedelta(seconds=12))
    back.tags["env"] = "prod"
    stage.run_on(hours=1)
    assert stage.outcomes(stage.run_of())[back.id] == "skipped: left the selection: it is stopped"
    assert [key for key, _ in stage.world.aws.touched].count(back.key) == 1


def test_who_is_in_a_resource_group_is_not_asked_at_each_look() -> None:
    """Whether it still is, nobody can say: it is waited for."""
    stage = some(Power.RUNNING, select=selecting(kinds=(Kind.EC2,), group="nightly"))
    one = stage.world.aws.of(instance(7).id)
    one.seconds = 200
    stage.run_until(at(20, 0) + timedelta(seconds=40))
    one.tags.clear()
    assert stage.run_on(hours=1).run_of().counts["reached"] == SIZE
