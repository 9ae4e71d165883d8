"""What goes wrong with one thing keeps no other from being switched, and is named."""

from datetime import timedelta
from typing import Any

import pytest

from signalbox.fleets.model import Kind, Power
from signalbox.fleets.record import RunPhase
from signalbox.kernel.errors import Rejected, Transient
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import (
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
    stranger,
)
from tests.unit.fleet_world import NO_ENTRY, Thing, refuse_at

BAD = instance(66)
TWO_REGIONS = selecting(regions=("eu-west-1", "us-east-1"))


def stopped(*things: Thing, **more: Any) -> Railway:
    """A fleet that stands still, on Monday before eight."""
    for thing in things:
        thing.power = Power.STOPPED
    return railway(*things, now=at(7, 50, day=30), spec=fleet(**more))


def outcome(stage: Railway, id_: str = BAD.id) -> str:
    return stage.outcomes()[id_]


def test_what_aws_refuses_is_named_and_the_others_are_stopped() -> None:
    stage = asleep(instance(), instance(66, refusal="OperationNotPermitted: disableApiStop"))
    assert outcome(stage) == "failed: OperationNotPermitted: disableApiStop"
    assert powers(stage, instance().id) == {Power.STOPPED}
    assert stage.run_of().phase is RunPhase.INCOMPLETE
    assert stage.types()[-1] == "Fleet Run Incomplete"
    assert_in_order(stage)


def test_what_cannot_be_stopped_at_all_says_why() -> None:
    stage = asleep(
        instance(),
        instance(66, obstacle="spot one-time: cannot be stopped"),
        instance(67, broken="storage-full"),
        instance(68, member_of="web"),
    )
    assert outcome(stage) == "skipped: spot one-time: cannot be stopped"
    assert outcome(stage, instance(67).id) == "skipped: storage-full"
    assert outcome(stage, instance(68).id) == "skipped: goes with web"
    assert stage.run_of().phase is RunPhase.SUCCEEDED


def test_a_start_that_comes_to_nothing_is_asked_again_and_then_named() -> None:
    kms = {"env": "qa", "kms": "disabled"}
    stage = stopped(instance(1, falls_back=2), instance(66, falls_back=99, tags=kms))
    stage.run_until(at(9, day=30))
    assert outcome(stage, instance(1).id) == "reached"
    assert outcome(stage) == "failed: it went back: Client.InternalError: the key is disabled"
    assert_in_order(stage)


def test_tries_are_counted_for_each_by_itself() -> None:
    things = [instance(number, falls_back=1, seconds=20 * number) for number in range(1, 9)]
    stage = stopped(*things).run_until(at(9, day=30))
    assert set(stage.outcomes().values()) == {"reached"}


def test_no_capacity_is_waited_for_and_then_named() -> None:
    soon = instance(1, lacks_capacity_until=at(8, 10, day=30))
    never = instance(66, lacks_capacity_until=at(23, day=30))
    stage = stopped(soon, never).run_until(at(9, day=30))
    assert outcome(stage, soon.id) == "reached"
    assert outcome(stage) == "failed: InsufficientInstanceCapacity: no m5.large in eu-west-1a"
    asked = stage.world.aws.count("switch")
    assert asked < 40, "with backoff"
    assert_in_order(stage)


def test_what_does_not_arrive_is_given_up_after_the_deadline() -> None:
    stage = asleep(instance(), instance(66, seconds=100_000), spec=fleet(deadline="10m"))
    assert outcome(stage) == "failed: it is not stopped in time: it is stopping"
    ended = stage.run_of().ended_at
    assert ended is not None
    assert ended - at(20) < timedelta(minutes=13)


def test_what_is_on_its_way_is_waited_for_and_asked_for_afterwards() -> None:
    stage = stopped(instance(66, moves_to=Power.STOPPED, moved_at=at(8, 5, day=30)))
    stage.run_until(at(9, day=30))
    assert outcome(stage) == "reached"
    assert powers(stage) == {Power.RUNNING}


def test_maintenance_is_waited_for_without_asking_and_holds_nobody_else_up_for_long() -> None:
    stage = stopped(database(busy_until=at(11, day=30)), instance(), deadline="10m")
    stage.run_until(at(8, 5, day=30))
    assert powers(stage) == {Power.STOPPED}, "databases first"
    stage.run_until(at(8, 15, day=30))
    assert powers(stage, instance().id) == {Power.RUNNING}
    assert stage.outcomes()["orders"] == "busy"
    assert [kind for operation, kind, _ in stage.world.aws.calls if operation == "switch"] == [Kind.EC2]
    stage.run_until(at(12, day=30))
    assert powers(stage) == {Power.RUNNING}
    assert_in_order(stage)


def test_maintenance_that_does_not_end_is_named() -> None:
    stage = railway(database(busy_until=at(23, day=30)), instance())
    stage.sweeps = False
    stage.run_until(at(7, day=28))
    assert stage.outcomes()["orders"] == "busy"
    stage.run_until(at(9, day=28))
    assert stage.outcomes()["orders"] == "failed: it is not stopped in time: it is maintenance"
    assert_in_order(stage)


def test_maintenance_may_end_with_the_thing_where_it_should_be_or_broken_or_on_its_way() -> None:
    things = [database(name, busy_until=at(8, 10, day=30)) for name in ("a", "b", "c")]
    stage = stopped(*things).run_until(at(8, 5, day=30))
    stage.world.aws.of("a").power = Power.RUNNING
    stage.world.aws.of("b").broken = "storage-full"
    stage.world.aws.of("c").moves_to, stage.world.aws.of("c").moved_at = Power.RUNNING, at(8, 20, day=30)
    stage.run_until(at(9, day=30))
    assert stage.outcomes() == {"a": "reached", "b": "failed: storage-full", "c": "reached"}
    assert not stage.world.aws.count("switch")


def test_maintenance_that_begins_before_it_is_asked_is_waited_for() -> None:
    stage = stopped(database())
    database_ = stage.world.aws.of("orders")

    def begins(operation: str, *_: object) -> None:
        if operation == "switch" and database_.busy_until is None:
            database_.busy_until = at(10, day=30)

    stage.world.aws.refuse = begins
    stage.run_until(at(9, 30, day=30))
    assert stage.outcomes() == {"orders": "busy"}
    stage.run_until(at(11, day=30))
    assert powers(stage) == {Power.RUNNING}


def test_throttling_is_waited_out() -> None:
    stage = railway(*(instance(number) for number in range(1, 50)))
    until = at(20, 5)

    def throttles(operation: str, *_: object) -> None:
        if stage.now < until:
            raise Transient(f"{operation}: RequestLimitExceeded")

    stage.world.aws.refuse = throttles
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    assert_in_order(stage)


def test_somebody_else_who_empties_the_bucket_delays_and_stops_nothing() -> None:
    stage = railway(*(instance(number) for number in range(1, 500)))
    stage.world.aws.buckets["123456789012/eu-west-1/ec2/stop all"] = (0.0, at(20).timestamp())
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}
    assert stage.world.aws.throttled


@pytest.mark.parametrize("operation", ["find", "switch", "read"])
@pytest.mark.parametrize("error", [NO_ENTRY, Transient("ServiceUnavailable")], ids=["refused", "unavailable"])
def test_a_region_that_is_out_holds_up_no_other(operation: str, error: Exception) -> None:
    stage = railway(instance(), group(), instance(66, place=VIRGINIA), spec=fleet(select=TWO_REGIONS))
    stage.world.aws.refuse = refuse_at("us-east-1", error, operation)
    stage.run_until(at(20, 50))
    assert powers(stage, instance().id, "web") == {Power.STOPPED}
    assert stage.run_of().phase is RunPhase.INCOMPLETE
    failed = [text for text in stage.outcomes().values() if text.startswith("failed: ")]
    assert failed
    assert all(str(error) in text for text in failed)
    assert_in_order(stage)


@pytest.mark.parametrize("operation", ["find", "read"])
def test_a_morning_on_which_aws_was_down_is_made_up_for_by_the_next_sweep(operation: str) -> None:
    """Nobody gets up to start what starts by itself on all other days."""
    stage = stopped(instance(), instance(66), select=selecting(kinds=(Kind.EC2,)))
    stage.world.aws.refuse = refuse_at("eu-west-1", Transient("ServiceUnavailable"), operation)
    stage.run_until(at(8, 50, day=30))
    assert stage.run_of().phase is RunPhase.INCOMPLETE
    stage.world.aws.refuse = lambda *_: None
    stage.run_until(at(9, 30, day=30))
    assert powers(stage) == {Power.RUNNING}
    assert stage.run_of().reason.startswith("AWS could not be asked before")
    assert_in_order(stage)
    runs = len(stage.world.store.runs)
    stage.run_until(at(12, day=30))
    assert len(stage.world.store.runs) == runs


def test_a_region_that_cannot_be_looked_at_for_a_while_is_looked_at_again() -> None:
    stage = railway(instance(66, place=VIRGINIA), spec=fleet(select=TWO_REGIONS)).run_until(at(20, 1))
    stage.world.aws.refuse = refuse_at("us-east-1", Rejected("AccessDenied"), "read")
    stage.run_until(at(20, 5))
    stage.world.aws.refuse = lambda *_: None
    stage.run_until(at(21))
    assert outcome(stage) == "reached"


def test_a_failure_of_our_own_ends_the_run_with_everything_named() -> None:
    stage = railway(instance(), spec=fleet(deadline="1h"))

    def fail(name: str) -> None:
        if name == "switch.read":
            raise ZeroDivisionError("a bug")

    stage.world.wire.fail = fail
    stage.run_until(at(20, 30))
    assert stage.run_of().failure == "ZeroDivisionError: a bug"
    assert set(stage.outcomes().values()) == {"failed: it is not stopped in time"}
    assert stage.timeline()[-1].reason == "ZeroDivisionError: a bug"
    assert_in_order(stage)


def test_a_bus_that_is_down_delays_no_transition() -> None:
    stage = railway()

    def fail(name: str) -> None:
        if name == "bus.publish" and stage.now < at(22):
            raise Transient("the bus is down")

    stage.world.wire.fail = fail
    stage.run_until(at(20, 30))
    assert powers(stage) == {Power.STOPPED}
    stage.run_until(at(23))
    assert_in_order(stage)


def test_what_was_on_its_way_when_everything_stood_still_for_an_hour_is_asked_for_then() -> None:
    """It was taken for one that stops by itself; the next look is long after its deadline."""
    starting = instance(2, power=Power.STOPPED, moves_to=Power.RUNNING, moved_at=at(20, 2))
    stage = railway(instance(1), starting).run_until(at(20, 1))
    stage.down = True
    stage.run_until(at(21, 30))
    stage.down = False
    stage.run_on(hours=1)
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_what_is_slow_has_all_its_time_when_nobody_could_look_for_a_part_of_it() -> None:
    stage = railway(instance(seconds=40 * 60.0)).run_until(at(20, 10))
    stage.down = True
    stage.run_until(at(20, 35))
    stage.down = False
    stage.run_until(at(20, 55))
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    assert_in_order(stage)


def test_a_fleet_that_selects_nothing_says_so() -> None:
    stage = railway(stranger(), now=at(19, 59)).run_until(at(21))
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    (ended,) = [entry for entry in stage.timeline() if entry.type == "Fleet Stopped"]
    assert ended.reason == "nothing is selected"
    assert_in_order(stage)
