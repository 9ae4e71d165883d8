"""The sweep looks for what strayed and no event has told of, and writes nothing when nothing did."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.fleets.commands.enforce import MOST_NAMED
from signalbox.fleets.commands.sweep_fleets import sweep_fleets
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Cause
from signalbox.kernel.errors import Rejected, Transient
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import (
    QA,
    VIRGINIA,
    asleep,
    assert_in_order,
    at,
    database,
    fleet,
    group,
    instance,
    powers,
    railway,
    selecting,
)
from tests.unit.fleet_world import refuse_at

ENFORCING = fleet(mode="enforce")
TWO_REGIONS = replace(ENFORCING, select=selecting(regions=("eu-west-1", "us-east-1")))
TAG = {"signalbox:power": "running until 2026-12-01T00:00Z"}


def strayed(stage: Railway, *ids: str) -> Railway:
    """Somebody has started them, and EventBridge has lost the events."""
    for id_ in ids:
        stage.world.aws.by_hand(id_, Power.RUNNING)
    return stage


def swept(stage: Railway) -> str:
    return sweep_fleets(stage.world.ports)


def test_where_nothing_strays_nothing_is_written_and_aws_is_asked_for_what_is_not_there_only() -> None:
    stage = asleep(*(instance(number) for number in range(1, 3_001)), spec=ENFORCING)
    before = stage.world.standing()
    stage.world.aws.calls.clear()
    stage.world.wire.log.clear()
    stage.told.clear()
    stage.run_until(at(6, day=30))
    assert len(stage.world.runs()) == 1
    assert stage.world.standing() == before
    assert not [name for name in stage.world.wire.log if name.endswith((".save", ".start", ".publish"))]
    looks = [(operation, found) for operation, kind, found in stage.world.aws.calls if kind is Kind.EC2]
    assert looks == [("find", 0), ("find", 0)] * len(stage.told), "what is not there, and what has a tag"
    assert stage.told[-1] == "qa: nothing is due; qa: nothing strays"


def test_what_strays_is_brought_back_by_name() -> None:
    stage = strayed(asleep(instance(1), instance(2), database(), spec=ENFORCING), instance(2).id, "orders")
    stage.run_until(at(22))
    assert stage.run_of().only == ("ec2:i-00000002", "rds:orders")
    assert stage.run_of().cause is Cause.ENFORCEMENT
    assert powers(stage) == {Power.STOPPED}
    assert len(stage.world.runs()) == 2
    assert_in_order(stage)


def test_a_group_that_strays_has_the_size_again_that_it_had_before_the_night() -> None:
    """And not what somebody has given it in between. One that came in the night has its own."""
    stage = asleep(group(size=(1, 5, 3)), group("api", size=(2, 9, 2)), spec=ENFORCING)
    for name, size in (("web", (0, 5, 1)), ("batch", (0, 4, 1))):
        stage.world.aws.has(group(name, size=size))
    stage.run_until(at(22))
    assert stage.run_of().only == ("autoscaling:batch", "autoscaling:web")
    assert [stage.world.aws.of(name).size for name in ("web", "batch")] == [(0, 5, 0), (0, 4, 0)]
    stage.run_until(at(9, day=30))
    sizes = [stage.world.aws.of(name).size for name in ("web", "api", "batch")]
    assert sizes == [(1, 5, 3), (2, 9, 2), (0, 4, 1)]
    assert_in_order(stage)


def test_a_group_that_could_not_be_stopped_in_the_evening_keeps_the_size_that_it_had_at_last() -> None:
    stage = railway(group(size=(1, 5, 3), refusal="AccessDenied"), spec=ENFORCING).run_until(at(20, 50))
    stage.world.aws.has(group(size=(1, 5, 4)))
    stage.run_until(at(9, day=30))
    assert stage.world.aws.of("web").size == (1, 5, 4)


def test_when_very_many_stray_the_whole_fleet_is_brought_back() -> None:
    things = [instance(number) for number in range(1, MOST_NAMED + 2)]
    stage = strayed(asleep(*things, spec=ENFORCING), *(thing.id for thing in things)).run_until(at(22))
    assert stage.run_of().only == ()
    assert powers(stage) == {Power.STOPPED}


def test_what_is_left_alone_does_not_stray() -> None:
    left = [instance(2, tags={**QA, **TAG}), instance(3, member_of="web"), instance(4, broken="terminated")]
    stage = asleep(instance(1), *left, spec=ENFORCING)
    runs = len(stage.world.runs())
    stage.run_until(at(6, day=28))
    assert len(stage.world.runs()) == runs
    assert powers(stage, instance(2).id) == {Power.RUNNING}


@pytest.mark.parametrize("error", [Rejected("AccessDenied"), Transient("ServiceUnavailable")])
def test_where_aws_cannot_be_asked_the_other_places_are_looked_at(error: Exception) -> None:
    stage = asleep(instance(1), instance(2, place=VIRGINIA), spec=TWO_REGIONS)
    stage.world.aws.refuse = refuse_at("us-east-1", error, "find")
    assert f"nothing strays; ec2 in us-east-1 of 123456789012: {error}" in swept(stage)
    assert len(stage.world.runs()) == 1
    strayed(stage, instance(1).id).run_until(at(22))
    assert powers(stage, instance(1).id) == {Power.STOPPED}
    assert stage.run_of().only == ("ec2:i-00000001",)


def test_what_there_is_no_time_to_look_at_is_left_to_a_run_of_the_whole_fleet() -> None:
    stage = asleep(instance(1), instance(2, place=VIRGINIA), spec=TWO_REGIONS)

    def slowly(name: str) -> None:
        if name == "switch.find":
            stage.world.clock.now += timedelta(seconds=15)

    stage.world.wire.fail = slowly
    assert "brings back what strays" in swept(stage)
    assert stage.run_of().only == ()


def test_a_fleet_that_nobody_has_told_anything_yet_is_let_be() -> None:
    stage = railway(instance(), now=at(20, 30), spec=ENFORCING)
    assert swept(stage) == "qa: nothing is due; qa: it is not looked at"
    assert stage.world.runs() == []


def test_what_stands_still_and_should_run_strays_as_well() -> None:
    stage = railway(instance(1), instance(2), now=at(7), spec=ENFORCING).run_until(at(8, 30))
    stage.world.aws.by_hand(instance(2).id, Power.STOPPED)
    stage.run_until(at(9, 30))
    assert (stage.run_of().action, stage.run_of().only) == (Action.START, ("ec2:i-00000002",))
    assert powers(stage) == {Power.RUNNING}
