"""What only a resource group selects is brought back like everything else, at the least number of calls."""

from dataclasses import replace

import pytest

from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.model import Kind, Power
from signalbox.fleets.steps.selected import selected
from signalbox.kernel.errors import Rejected
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import asleep, assert_in_order, at, fleet, instance, powers, selecting
from tests.unit.fleet_world import HOME, FakeGroups, Thing, refuse_at

BY_GROUP = fleet(mode="enforce", select=selecting(tags=None, group="nightly"))


def grouped(number: int = 1) -> Thing:
    return instance(number, group="nightly", tags={})


def started(stage: Railway, thing: Thing) -> str:
    """By somebody, and EventBridge tells."""
    stage.world.aws.by_hand(thing.id, Power.RUNNING)
    event = Switched(
        kind=Kind.EC2, id=thing.id, power=Power.RUNNING, region=HOME.region, account=HOME.account
    )
    return enforce(event, stage.world.ports)


def test_a_stray_that_only_the_group_selects_is_brought_back_by_the_sweep() -> None:
    stage = asleep(grouped(1), grouped(2), spec=BY_GROUP)
    stage.world.aws.by_hand(grouped(1).id, Power.RUNNING)
    stage.run_until(at(21, 30))
    assert powers(stage) == {Power.STOPPED}
    assert (stage.run_of().only, stage.run_of().counts["reached"]) == ((f"ec2:{grouped(1).id}",), 1)
    stage.run_until(at(9, day=28))
    assert len(stage.world.runs()) == 2
    assert_in_order(stage)


def test_and_by_the_event_of_its_start_within_a_minute() -> None:
    stage = asleep(grouped(1), grouped(2), spec=BY_GROUP)
    assert "it should be stopped: outside period" in started(stage, grouped(1))
    stage.run_on(minutes=1)
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


@pytest.mark.parametrize("group", ["", "weekly"])
def test_what_is_in_no_group_of_the_fleet_is_let_be(group: str) -> None:
    other = instance(3, group=group, tags={})
    stage = asleep(grouped(1), other, spec=BY_GROUP)
    assert started(stage, other) == f"0 fleets may act on {other.id}"


def test_who_has_left_the_group_when_the_run_looks_is_let_be() -> None:
    stage = asleep(grouped(1), spec=BY_GROUP)
    started(stage, grouped(1))
    stage.world.aws.of(grouped(1).id).group = ""
    stage.run_on(minutes=3)
    assert powers(stage) == {Power.RUNNING}


def test_two_fleets_of_one_group_leave_it_to_people() -> None:
    stage = asleep(grouped(1), spec=BY_GROUP)
    stage.registered(replace(BY_GROUP, name="other"))
    assert started(stage, grouped(1)) == f"2 fleets may act on {grouped(1).id}"


def test_the_group_is_read_only_for_what_neither_tags_nor_names_select() -> None:
    both = replace(BY_GROUP, select=selecting(group="nightly"))
    stage = asleep(instance(1), grouped(2), spec=both)
    stage.world.aws.calls.clear()
    started(stage, instance(1))
    stage.run_on(minutes=3)
    assert stage.world.aws.count("group") == 0
    started(stage, grouped(2))
    stage.run_on(minutes=3)
    assert stage.world.aws.count("group") == 2, "one for the event, one for the run"
    assert powers(stage) == {Power.STOPPED}
    stage.registered(fleet(mode="enforce"))
    stage.world.aws.calls.clear()
    started(stage, grouped(2))
    assert stage.world.aws.count("group") == 0, "nothing when no fleet selects by group"


def test_no_more_of_a_group_is_read_when_all_have_been_seen() -> None:
    members = [grouped(number) for number in range(1, 202)]
    stage = asleep(*members, spec=BY_GROUP)
    aws = stage.world.aws
    ports = replace(stage.world.ports, groups=FakeGroups(aws))
    aws.calls.clear()
    found = [aws.look(one) for one in (members[2], members[70], instance(999))]
    assert [one.id for one in selected(found[:2], BY_GROUP, Kind.EC2, HOME, ports)] == [
        members[2].id,
        members[70].id,
    ]
    assert aws.count("group") == 2
    assert [one.id for one in selected(found, BY_GROUP, Kind.EC2, HOME, ports)] == [
        members[2].id,
        members[70].id,
    ]
    assert aws.count("group") == 2 + 5


def test_a_fleet_that_cannot_be_asked_for_its_group_keeps_no_other_from_it() -> None:
    stage = asleep(instance(1), spec=fleet(mode="enforce"))
    stage.registered(replace(BY_GROUP, name="lost"))
    stage.world.aws.refuse = refuse_at(HOME.region, Rejected("no such group"), "group")
    assert "it should be stopped" in started(stage, instance(1))
    stage.run_on(minutes=3)
    assert powers(stage) == {Power.STOPPED}
