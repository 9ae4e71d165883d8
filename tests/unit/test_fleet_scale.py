"""10,000 instances under the token buckets that EC2 documents, in virtual time, and what that costs."""

from collections import Counter

import pytest

from signalbox.fleets.model import Action, Power
from signalbox.fleets.record import RunPhase
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import assert_in_order, at, fleet, instance, powers, railway

N = 10_000
FLOOR = {Action.STOP: 450, Action.START: 4_500}  # seconds until the last token is there
ARRIVES = 60 + 20  # seconds until the last one is there, and the timetable's precision


def thousands(power: Power, count: int = N) -> Railway:
    things = [instance(number, power=power) for number in range(1, count + 1)]
    begin = at(19, 59) if power is Power.RUNNING else at(7, 59, day=30)
    stage = railway(*things, now=begin, spec=fleet())
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


def test_ten_thousand_stops_cost_few_calls() -> None:
    stage = thousands(Power.RUNNING)
    stage.world.wire.log.clear()
    stage.world.aws.calls.clear()
    stage.run_on(hours=1)
    calls = [operation for operation, kind, _ in stage.world.aws.calls if kind == "ec2"]
    ec2 = [operation for operation in calls if operation != "patched"]
    assert len(ec2) <= 2 * N // 1000 + 2, Counter(ec2)
    assert calls.count("patched") == 1, "Systems Manager, for all of them"
    log = Counter(stage.world.wire.log)
    assert log.total() <= 95, log


def test_a_bad_one_among_thousands_costs_the_others_no_time() -> None:
    stage = thousands(Power.STOPPED, 2_000)
    stage.world.aws.of(instance(7).id).falls_back = 99
    stage.world.aws.of(instance(8).id).lacks_capacity_until = at(23, day=30)
    stage.world.aws.of(instance(9).id).refusal = "Unsupported"
    stage.run_until(at(8, 13, day=30))
    assert Counter(stage.world.aws.powers().values())[Power.RUNNING] == 2_000 - 3 + 1
    stage.run_on(hours=3)
    assert stage.run_of().counts["failed"] == 3
