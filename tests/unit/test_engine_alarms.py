"""Rollouts that an alarm, or what it watches, throws back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Rejected, Transient
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.on_alarm import AlarmRaised, on_alarm
from signalbox.rollouts.estate import Estate, Layout, Rule
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import HoldKind, Phase, Stop, StopKind
from signalbox.rollouts.progress import State, back
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import (
    Guards,
)
from signalbox.rollouts.steps.closing import figures_of
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE,
    CANARY,
    GREEN,
    NOW,
    RULE,
    alarm,
    forwarding_to,
    spec,
    survey,
)
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA, started
from tests.unit.stories import STORIES, always, assert_as_before, assert_over, begun, look, once, raised_at


def test_a_lost_alarm_is_seen_before_traffic_is_touched() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    red = story.raise_alarm()
    story.world.clock.move(minutes=1)
    story.step()
    assert story.progress == back(1)
    story.run()
    assert_over(story, Phase.ROLLED_BACK)
    told = story.told("Guard Breached")[0]
    assert (told.at, told.actor, told.data) == (red.updated_at, "signalbox", {"alarm": "checkout-5xx"})
    assert story.rollout.stop == Stop(
        kind=StopKind.BREACH, at=told.at, actor=told.actor, reason=told.reason, evidence=told.data
    )
    assert not story.told("Traffic Shifted")


def test_alarms_are_not_read_again_before_capacity_comes_or_after_there_is_no_way_back() -> None:
    story = begun("linear on slots").arrive_at(State.PROVISION)
    story.raise_alarm()
    story.step()
    assert story.told("Capacity Provisioned")
    retiring = begun("blue-green on slots", slow=True).run(lambda s: s.rollout.past_return)
    assert retiring.alarm() == 0
    assert_over(retiring.run(), Phase.SUCCEEDED)


def test_a_lost_alarm_is_seen_before_the_old_version_is_retired() -> None:
    story = begun("blue-green on slots").arrive_at(State.RETIRE)
    story.raise_alarm()
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_a_lost_alarm_is_seen_before_the_end() -> None:
    story = begun("in place").arrive_at(State.FINISH)
    story.raise_alarm()
    story.run()
    assert_over(story, Phase.ROLLED_BACK)
    assert "alarm checkout-5xx is in ALARM" in story.told("Rollback Started")[0].reason


def test_an_alarm_that_is_deleted_counts_as_a_breach() -> None:
    story = begun("blue-green on a copy").arrive_at(State.SHIFT_TRAFFIC)
    del story.world.aws.named_alarms["checkout-5xx"]
    story.run()
    assert story.rollout.phase is Phase.ROLLED_BACK
    assert story.told("Guard Breached")[0].reason == "alarm checkout-5xx does not exist any more"


def test_an_alarm_that_is_red_when_the_guards_are_armed_ends_the_rollout_untouched() -> None:
    story = begun("canary")
    story.raise_alarm()
    story.run()
    assert_over(story, Phase.CANCELLED)
    assert not story.world.aws.writes


def test_an_alarm_that_is_gone_when_the_guards_are_armed_ends_the_rollout_untouched() -> None:
    story = begun("canary")
    del story.world.aws.named_alarms["checkout-5xx"]
    story.run()
    assert_over(story, Phase.CANCELLED)
    assert story.rollout.clocks.detected_at == "2026-11-22T08:00:00.000Z"


def test_a_copy_of_an_alarm_is_a_guard_once_the_candidate_is_provisioned() -> None:
    story = begun("blue-green on a copy").arrive_at(State.SHIFT_TRAFFIC)
    copies = [name for name in story.world.aws.named_alarms if name.startswith("signalbox-")]
    assert len(copies) == 2
    story.raise_alarm(copies[0])
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert not story.told("Traffic Shifted")


@pytest.mark.parametrize("kind", [HoldKind.SETTLING, HoldKind.BAKE, HoldKind.PAUSE])
def test_an_alarm_ends_every_kind_of_hold_at_once(kind: HoldKind) -> None:
    story = begun("steps by hand on slots", slow=True).run_into(kind)
    now = story.world.clock()
    assert story.alarm() == 1
    assert not story.world.executions.waiting
    story.step()
    assert story.state is State.RESTORE
    assert story.world.clock() == now


@pytest.mark.parametrize("name", ["linear on slots", "linear on a copy"])
def test_traffic_is_back_before_the_restore_begins(name: str) -> None:
    story = begun(name).run(lambda s: s.rollout.wanted.candidate == 40 and s.holds is HoldKind.BAKE)
    writes = len(story.world.aws.writes)
    story.alarm()
    assert [w.operation for w in story.world.aws.writes[writes:]] == ["ModifyRule"]
    assert candidate_weights(story.world) == {0}
    story.run()
    assert story.rollout.clocks.acted_at == story.rollout.clocks.detected_at == "2026-11-22T08:05:00.000Z"


@pytest.mark.parametrize("back_by", ["alarm", "abort"])
def test_of_what_was_replaced_in_place_the_second_clock_stops_with_the_launch_of_the_old(
    back_by: str,
) -> None:
    story = begun("in place").run_into(HoldKind.BAKE)
    before = len(story.world.aws.writes)
    if back_by == "alarm":
        story.alarm()
    else:
        abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run(lambda s: len(s.world.aws.writes) > before)
    at = rfc3339(story.world.clock())
    assert_over(story.run(), Phase.ROLLED_BACK if back_by == "alarm" else Phase.ABORTED)
    clocks = story.rollout.clocks
    assert (clocks.detected_at or "") <= (clocks.acted_at or "") == at <= (clocks.restored_at or "")
    assert "TimeToAct" in figures_of(story.rollout)


def candidate_weights(world: World) -> set[int]:
    """What everything but blue gets."""
    return {
        w for rule in world.aws.rules.values() for arn, w in weights(rule.actions).items() if arn != BLUE
    } or {0}


def test_a_canary_leaves_the_target_group_at_once() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    assert len(story.world.aws.health[BLUE]) == 5
    story.alarm()
    assert len(story.world.aws.health[BLUE]) == 4


def test_a_refused_write_on_the_alarm_path_is_left_to_restore() -> None:
    story = begun("linear on slots").run(lambda s: s.holds is HoldKind.BAKE)
    story.world.aws.refuse = raised_at(0, Rejected("you may not"))
    story.alarm()
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_an_alarm_that_is_told_twice_is_heard_once() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    assert story.alarm() == 1
    assert story.alarm() == 0
    story.run()
    assert len(story.told("Guard Breached")) == 1


def test_an_alarm_from_before_the_arming_is_not_heard() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    old = AlarmRaised(arn=alarm().arn, name="checkout-5xx", at="2026-11-22T07:59:59.000Z", reason="")
    assert on_alarm(old, story.world.alarm_ports) == 0
    assert story.holds is HoldKind.BAKE


def test_a_step_that_is_still_writing_stops_at_the_alarm() -> None:
    story = begun("blue-green on a copy").arrive_at(State.PROVISION)

    def breach(_: Write) -> None:
        story.world.aws.refuse = lambda _: None
        story.alarm()

    story.world.aws.refuse = breach
    story.step()
    restoring = "ModifyRule"
    written = [w.operation for w in story.world.aws.writes if w.operation != restoring]
    assert len(written) == 1  # the one that was under way
    assert story.state is State.RESTORE
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_what_an_alarm_brings_back_is_not_drift() -> None:
    story = begun("linear on slots", slow=True).run_into(HoldKind.SETTLING)
    story.run(lambda s: s.token is None)
    observe = story.world.aws.observe

    def breach(layout: Layout, rollout_id: str) -> Estate:
        story.world.aws.observe = observe  # type: ignore[method-assign]
        story.alarm()
        return observe(layout, rollout_id)

    story.world.aws.observe = breach  # type: ignore[method-assign]
    story.step()
    assert story.progress == back(0)
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert not story.told("Drift Detected")


def test_an_alarm_while_a_finished_step_is_told_stops_the_rollout() -> None:
    story = begun("linear on slots", slow=True).run_into(HoldKind.SETTLING)
    story.run(lambda s: s.token is None)
    publish = story.world.bus.publish

    def breach(told: Rollout, entries: Sequence[Entry]) -> None:
        story.world.bus.publish = publish  # type: ignore[method-assign]
        publish(told, entries)
        story.alarm()

    story.world.bus.publish = breach  # type: ignore[method-assign, assignment]
    story.step()
    assert story.state is State.RESTORE
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_an_alarm_in_the_middle_of_a_shift_takes_the_shift_back() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    at_once: list[int] = []

    def breach(_: Write) -> None:
        story.world.aws.refuse = lambda _: None
        at_once.append(story.alarm())

    story.world.aws.refuse = breach
    story.step()
    assert at_once == [1]
    assert story.progress == back(1)
    assert candidate_weights(story.world) == {0}
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_an_alarm_in_the_middle_of_a_batch_leaves_the_canary_to_restore() -> None:
    story = begun("canary", slow=True).arrive_at(State.REPLACE_BATCH)

    def breach(_: Write) -> None:
        story.world.aws.refuse = lambda _: None
        story.alarm()

    story.world.aws.refuse = breach
    story.step()
    assert story.state is State.RESTORE
    assert "DeregisterTargets" not in [write.operation for write in story.world.aws.writes]
    assert story.rollout.rebuilding is True
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_a_hold_that_ends_by_itself_while_the_alarm_comes_is_no_way_past_it() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    story.world.executions.waiting.clear()
    assert story.alarm() == 1
    story.progress, story.token = story.progress and story.progress.after, None
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_the_guards_stay_armed_while_it_restores_and_change_nothing() -> None:
    story = begun("canary", slow=True).run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.SETTLING)
    assert story.state is State.SETTLE_RESTORE
    assert story.alarm() == 0
    assert_over(story.run(), Phase.ABORTED)


def test_what_does_not_settle_in_time_goes_back() -> None:
    story = begun("blue-green on slots", slow=True)
    before = look(story.world)
    story.world.aws.settle = lambda: None  # type: ignore[method-assign]
    story.run(lambda s: s.rollout.phase is Phase.ROLLING_BACK)
    assert story.world.clock() - NOW >= timedelta(minutes=30)
    del story.world.aws.settle
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert_as_before(story.world, before)
    assert story.rollout.outcome is not None
    assert story.rollout.outcome.reason == (
        "step provision 100 % did not settle: 0 of 4 candidate instances are healthy"
    )


def test_a_candidate_that_falls_ill_gets_no_more_traffic() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    story.world.aws.health[GREEN] = dict.fromkeys(story.world.aws.health[GREEN], "unhealthy")
    story.arrive_at(State.SHIFT_TRAFFIC).step()
    assert story.state is State.RESTORE
    story.run()
    assert_over(story, Phase.ROLLED_BACK)
    assert story.told("Guard Breached")[0].reason == "only 0 of 4 candidate instances are healthy"


def test_the_old_version_is_not_retired_while_too_little_of_the_new_one_is_healthy() -> None:
    spec_ = replace(STORIES["canary"], guards=Guards(min_healthy_percent=100))
    story = started(World(), spec_).arrive_at(State.RETIRE)
    sick = dict.fromkeys([i.id for i in story.world.aws.groups["blue"].instances][:2], "unhealthy")
    story.world.aws.health[BLUE] = story.world.aws.health[BLUE] | sick
    story.run()
    assert story.rollout.phase is Phase.ROLLED_BACK
    assert "2 healthy instances would stay, the floor is 4" in story.told("Rollback Started")[0].reason


def test_a_begin_that_is_cut_off_after_arming_still_reads_the_alarms() -> None:
    story = begun("canary")
    story.step()
    story.progress = None
    story.world.sweeping.enabled = False
    story.raise_alarm()
    story.step()
    assert story.state is State.RESTORE
    assert story.world.sweeping.enabled


def test_stickiness_does_not_keep_clients_on_the_candidate() -> None:
    sticky = Rule(arn=RULE, actions=forwarding_to(True, blue=100, green=0))
    world = World(aws=FakeAws(survey(rules={RULE: sticky}, references=(sticky,))))
    before = look(world)
    story = started(world, STORIES["blue-green on slots"]).run_into(HoldKind.BAKE)
    story.alarm()
    assert weights(world.aws.rules[RULE].actions) == {BLUE: 100}
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert_as_before(world, before)


@pytest.mark.parametrize("kind", [HoldKind.BAKE, HoldKind.PAUSE, HoldKind.SETTLING])
def test_an_alarm_whose_delivery_was_cut_off_ends_the_hold_when_it_comes_again(kind: HoldKind) -> None:
    story = begun("steps by hand on slots", slow=True).run_into(kind)
    executions = story.world.executions
    executions.wake = once(Transient("slow down"), executions.wake)  # type: ignore[method-assign]
    with pytest.raises(Transient):
        story.alarm()
    assert executions.waiting
    assert story.alarm() == 1
    assert not executions.waiting
    assert story.alarm() == 0
    assert len(story.run().told("Guard Breached")) == 1
    assert_over(story, Phase.ROLLED_BACK)


def test_a_restoring_write_that_is_throttled_does_not_keep_the_hold_waiting() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    story.world.aws.refuse = raised_at(0, Transient("slow down"))
    assert story.alarm() == 1
    story.step()
    assert story.state is State.RESTORE
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_what_the_guards_warned_of_is_in_the_timeline() -> None:
    dead = alarm(state="INSUFFICIENT_DATA")
    world = World(aws=FakeAws(survey(alarms={dead.name: dead})))
    story = started(world, spec(CANARY)).run()
    assert [e.reason for e in story.told("Guard Warned")] == [
        "guards.alarms: checkout-5xx has no data yet: a dead guard until it gets some"
    ]
    assert story.rollout.phase is Phase.SUCCEEDED


def test_a_guard_that_has_died_since_the_rollout_was_asked_for_is_warned_of() -> None:
    story = begun("canary")
    story.world.aws.named_alarms["checkout-5xx"] = alarm(state="INSUFFICIENT_DATA")
    story.step()
    assert [e.reason for e in story.told("Guard Warned")] == [
        "guards.alarms: checkout-5xx has no data yet: a dead guard until it gets some"
    ]


def test_copies_of_alarms_that_aws_keeps_are_left_over_by_name() -> None:
    story = begun("blue-green on a copy").arrive_at(State.FINISH)
    story.world.aws.refuse = always(Rejected("you may not"))
    story.run()
    assert_over(story, Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    assert story.rollout.outcome.reason.startswith("completed; left over: signalbox-")
