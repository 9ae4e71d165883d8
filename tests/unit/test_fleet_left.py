"""What leaves the selection while a run is under way is named, and not touched again."""

from datetime import timedelta
from typing import Any

from signalbox.fleets.model import Kind, Power
from signalbox.fleets.record import RunPhase
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import at, fleet, instance, railway, selecting

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
    slow, quick = instance(7), instance(8)
    stage.world.aws.of(slow.id).seconds = 10_000
    stage.run_until(at(20, 0) + timedelta(seconds=40))
    for one in (slow, quick):
        stage.world.aws.of(one.id).tags.clear()
    stage.run_on(hours=1)
    run = stage.run_of()
    assert stage.outcomes(run)[slow.id] == "skipped: left the selection: it is stopping"
    assert stage.outcomes(run)[quick.id] == "reached"
    assert (run.phase, run.counts["reached"]) == (RunPhase.SUCCEEDED, SIZE - 1)


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
