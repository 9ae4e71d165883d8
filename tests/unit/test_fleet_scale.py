"""10,000 instances under the token buckets that EC2 documents, in virtual time, and what that costs."""

from collections import Counter
from typing import Any

import pytest

from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import RunPhase
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import (
    assert_in_order,
    assert_those_that_leave_are_named,
    at,
    fleet,
    instance,
    powers,
    railway,
    selecting,
)
from tests.unit.fleet_world import Thing

pytestmark = pytest.mark.untraced

N = 10_000
FLOOR = {Action.STOP: 450, Action.START: 4_500}  # seconds until the last token is there
ARRIVES = 60 + 20  # seconds until the last one is there, and the timetable's precision


def thousands(power: Power, count: int = N, *others: Thing, **more: Any) -> Railway:
    things = [*(instance(number, power=power) for number in range(1, count + 1)), *others]
    begin = at(19, 59) if power is Power.RUNNING else at(7, 59, day=30)
    stage = railway(*things, now=begin, spec=fleet(**more))
    stage.sweeps = False
    return stage


@pytest.mark.parametrize(("power", "action"), [(Power.RUNNING, Action.STOP), (Power.STOPPED, Action.START)])
def test_ten_thousand_take_hardly_longer_than_their_tokens(power: Power, action: Action) -> None:
    stage = thousands(power).run_on(hours=3)
    run = stage.run_of()
    assert run.phase is RunPhase.SUCCEEDED
    assert run.counts["reached"] == N
    assert run.ended_at is not None
    took = (run.ended_at - run.created_at).total_seconds()
    assert took <= 1.1 * FLOOR[action] + ARRIVES
    assert stage.world.aws.throttled == 0
    calls = Counter(operation for operation, _, _ in stage.world.aws.calls)
    assert calls["switch"] == N // 1000
    assert powers(stage) == {action.power}
    assert_in_order(stage)


@pytest.mark.parametrize(
    ("power", "count", "ec2", "others"),
    [
        (Power.RUNNING, 1_000, {"find": 1, "switch": 1, "read": 1}, 19),
        (Power.RUNNING, N, {"find": 10, "switch": 10, "read": 1}, 37),
        (Power.STOPPED, 1_000, {"find": 1, "switch": 1, "read": 2}, 20),
        (Power.STOPPED, N, {"find": 10, "switch": 10, "read": 2}, 38),
    ],
)
def test_what_thousands_cost_in_calls(power: Power, count: int, ec2: dict[str, int], others: int) -> None:
    """Of AWS: each call of a port is one, but a look at instances, which is one for each thousand told. Those
    that start are looked at twice: some take longer."""
    stage = thousands(power, count, select=selecting(kinds=(Kind.EC2,)))
    stage.world.wire.log.clear()
    stage.world.aws.calls.clear()
    stage.run_on(hours=2)
    asked = Counter(operation for operation, _, _ in stage.world.aws.calls if operation != "patched")
    assert asked == ec2
    assert sum(ec2.values()) <= 2 * count // 1000 + 2
    rest = Counter(name for name in stage.world.wire.log if not name.startswith("switch."))
    assert rest.total() == others, rest
    assert rest.total() + sum(ec2.values()) <= 60


def test_kinds_of_which_there_is_nothing_cost_a_look_each() -> None:
    some, all_ = (
        thousands(Power.RUNNING, 10, select=selecting(kinds=(Kind.EC2,))),
        thousands(Power.RUNNING, 10),
    )
    for stage in (some, all_):
        stage.world.wire.log.clear()
        stage.run_on(hours=1)
    assert Counter(all_.world.wire.log) - Counter(some.world.wire.log) == {"switch.find": 2}


def test_those_that_are_on_their_way_are_asked_for_by_name_where_many_others_are_left_alone() -> None:
    members = [instance(number, member_of="web") for number in range(2_001, 4_002)]
    stage = thousands(Power.RUNNING, 2_000, *members).run_on(hours=1)
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    assert stage.run_of().counts["skipped"] == 2_001
    ec2 = [operation for operation, kind, _ in stage.world.aws.calls if kind is Kind.EC2]
    assert Counter(ec2) == {"find": 5, "patched": 1, "switch": 2, "read": 1 + 2}


@pytest.mark.parametrize("more", [{}, {"group": "nightly"}, {"resources": ("i-00000001",)}])
def test_a_look_at_thousands_does_not_depend_on_what_selects_them(more: dict[str, Any]) -> None:
    stage = thousands(Power.RUNNING, 2_001, select=selecting(kinds=(Kind.EC2,), **more)).run_on(hours=1)
    assert stage.run_of().counts["reached"] == 2_001
    assert (stage.world.aws.count("find"), stage.world.aws.count("read")) == (3, 1)
    assert_in_order(stage)


def test_who_of_thousands_loses_its_tag_on_its_way_is_named_unless_it_has_arrived() -> None:
    stage = thousands(Power.RUNNING, 2_000)
    assert_those_that_leave_are_named(stage, 2_000)


def test_what_fell_back_before_anybody_looked_is_asked_for_again() -> None:
    """Thousands are looked at when the last one has been asked for, after the deadline of the first ones."""
    stage = thousands(Power.STOPPED, 5_000)
    stage.world.aws.of(instance(7).id).falls_back = 2
    stage.run_on(hours=2)
    assert stage.run_of().counts["reached"] == 5_000
    assert_in_order(stage)


def test_few_are_looked_at_while_others_wait_for_their_turn() -> None:
    stage = thousands(Power.STOPPED, 20, spread="2h")
    stage.run_until(at(8, 40, day=30))
    assert stage.run_of().looked_at is not None
    assert not stage.run_of().phase.is_final


def test_a_bad_one_among_thousands_costs_the_others_no_time() -> None:
    stage = thousands(Power.STOPPED, 2_000)
    stage.world.aws.of(instance(7).id).falls_back = 99
    stage.world.aws.of(instance(8).id).lacks_capacity_until = at(23, day=30)
    stage.world.aws.of(instance(9).id).refusal = "Unsupported"
    stage.run_until(at(8, 13, day=30))
    assert Counter(stage.world.aws.powers().values())[Power.RUNNING] == 2_000 - 3 + 1
    stage.run_on(hours=3)
    assert stage.run_of().counts["failed"] == 3
