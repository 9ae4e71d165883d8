"""Whole rollouts over the fakes, told as stories."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product

import pytest

from signalbox.kernel.errors import Conflict, Rejected, Transient
from signalbox.kernel.timeline import first_break
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.caller import Caller
from signalbox.rollouts.commands.on_alarm import AlarmRaised, on_alarm
from signalbox.rollouts.commands.on_platform_event import InstanceChanged, on_platform_event
from signalbox.rollouts.commands.pause import pause
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.reconcile import Care, reconcile_one
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.commands.retry import retry
from signalbox.rollouts.estate import Group, Rule
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import HoldKind, Outcome, Phase, Told
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress, State
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import (
    Bake,
    Guards,
    Pause,
    Provision,
    Replace,
    Retire,
    ServiceSpec,
    Shift,
    StepSpec,
    Strategy,
)
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.hold import HoldCommand, hold
from signalbox.rollouts.steps.restore import in_plain_words
from signalbox.rollouts.steps.turn import MOST_TURNS
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE,
    BLUE_GREEN,
    CANARY,
    GREEN,
    IMAGE,
    LINEAR,
    NOW,
    OLD_IMAGE,
    RULE,
    TEMPLATE,
    alarm,
    forwarding_to,
    group,
    instances,
    simple_forward,
    spec,
    survey,
)
from tests.unit.fakes import FakeAws, FakeLatches, World
from tests.unit.machine import ANA, TASKS, Story, started

BY_HAND = Strategy(
    steps=(
        StepSpec(provision=Provision(percent=50)),
        StepSpec(shift=Shift(percent=20)),
        StepSpec(bake=Bake(for_="5m")),
        StepSpec(pause=Pause()),
        StepSpec(provision=Provision(percent=100)),
        StepSpec(shift=Shift(percent=100)),
        StepSpec(retire=Retire()),
    )
)
IN_PLACE = Strategy(
    steps=(
        StepSpec(replace=Replace(percent=50, batch=25)),
        StepSpec(bake=Bake(for_="1m")),
        StepSpec(replace=Replace(batch=50)),
    )
)
STORIES: dict[str, ServiceSpec] = {
    "canary": spec(CANARY),
    "canary on slots": spec(CANARY, slots=True),
    "blue-green on a copy": spec(BLUE_GREEN),
    "blue-green on slots": spec(BLUE_GREEN, slots=True),
    "linear on a copy": spec(LINEAR),
    "linear on slots": spec(LINEAR, slots=True),
    "steps by hand": spec(BY_HAND),
    "steps by hand on slots": spec(BY_HAND, slots=True),
    "in place": spec(IN_PLACE, guards=Guards(alarms=("checkout-5xx",), min_healthy_percent=50)),
}
ENDINGS = {
    Phase.SUCCEEDED: "Rollout Succeeded",
    Phase.ROLLED_BACK: "Rollout Rolled Back",
    Phase.ABORTED: "Rollout Aborted",
    Phase.CANCELLED: "Rollout Cancelled",
}


@dataclass(frozen=True)
class Before:
    """AWS as it was."""

    groups: dict[str, Group]
    rules: dict[str, Rule]
    target_groups: tuple[str, ...]
    alarms: tuple[str, ...]


def look(world: World) -> Before:
    aws = world.aws
    return Before(dict(aws.groups), dict(aws.rules), tuple(aws.target_groups), tuple(aws.named_alarms))


def sizes(group: Group) -> tuple[object, ...]:
    return (group.min, group.max, group.template_version, group.suspended)


def assert_as_before(world: World, before: Before) -> None:
    """What Restore leaves equals the snapshot (desired: at least), and nothing that was made is left."""
    aws = world.aws
    assert set(aws.groups) == set(before.groups)
    for name, was in before.groups.items():
        assert sizes(aws.groups[name]) == sizes(was), name
        assert aws.groups[name].desired >= was.desired
        assert {i.version for i in aws.groups[name].present} == {i.version for i in was.present}
    assert aws.rules == before.rules
    assert set(aws.target_groups) == set(before.target_groups)
    assert set(aws.named_alarms) == set(before.alarms)
    assert not aws.versions


def assert_over(story: Story, phase: Phase) -> None:
    """Exactly one ending, told once; nothing is held, watched or waited for."""
    store, rollout = story.world.store, story.rollout
    assert rollout.phase is phase, [f"{e.type}: {e.reason}" for e in story.timeline[-6:]]
    assert first_break(story.timeline) is None
    assert [e.type for e in story.timeline if e.type in ENDINGS.values()] == [ENDINGS[phase]]
    assert not store.locks
    assert not store.latches
    assert not store.open
    assert not any(store.watchers.values())
    assert rollout.hold is None
    assert rollout.ended_at is not None
    assert rollout.outcome is not None
    told = {e.sequence for e in story.world.bus.published}  # at least once each
    assert told == {e.sequence for e in story.timeline if e.public}


def assert_serves_the_new_version(world: World) -> None:
    """Whoever gets traffic runs the candidate's version, in the wanted number; what was made is gone."""
    aws = world.aws
    carrying = {arn for rule in aws.rules.values() for arn, w in weights(rule.actions).items() if w}
    serving = [g for g in aws.groups.values() if set(g.target_groups) & carrying]
    assert [{i.version for i in g.present} for g in serving] == [{"2"}]
    assert len(serving[0].present) == serving[0].desired == 4
    assert serving[0].min == 1
    assert set(aws.groups) == {"blue", "green"}
    assert len(aws.target_groups) == 2
    assert set(aws.named_alarms) == {"checkout-5xx"}


def begun(name: str, *, slow: bool = False) -> Story:
    """Whatever is written: healthy capacity behind the rules never falls under the floor."""
    world, of = World(), STORIES[name]
    world.aws.slow = slow
    world.aws.interrupt = lambda _: assert_floor(world, part(of.guards.min_healthy_percent, 4))
    return started(world, of)


def assert_floor(world: World, floor: int) -> None:
    for rule in world.aws.rules.values():
        carrying = [arn for arn, weight in weights(rule.actions).items() if weight]
        serving = [i for arn in carrying for i, state in world.aws.health[arn].items() if state == "healthy"]
        assert len(serving) >= floor, [w.operation for w in world.aws.writes]


def promoted(story: Story) -> Story:
    """To the end; whoever asks for a promotion gets it."""
    while not story.run_into(HoldKind.PAUSE).has_ended:
        promote(story.service, story.rollout_id, ANA, story.world.ports)
        story.step()
    return story


def walk(story: Story, transitions: int) -> None:
    for _ in range(transitions):
        if story.holds is HoldKind.PAUSE:
            promote(story.service, story.rollout_id, ANA, story.world.ports)
        story.step()


def moments(*paces: bool) -> list[tuple[str, bool, int]]:
    """Each transition of each good rollout, on an AWS that does everything at once, or takes its time."""
    return [
        (name, slow, moment)
        for name, slow in product(STORIES, paces or (False, True))
        for moment in range(len(promoted(begun(name, slow=slow)).visited))
    ]


@pytest.mark.parametrize("slow", [False, True], ids=["fast", "slow"])
@pytest.mark.parametrize("name", STORIES)
def test_a_good_rollout_brings_the_new_version_into_service(name: str, *, slow: bool) -> None:
    story = promoted(begun(name, slow=slow))
    assert_over(story, Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)
    assert story.rollout.actual == story.rollout.wanted
    assert story.rollout.actual.candidate == 100


@pytest.mark.parametrize(("name", "slow", "moment"), moments())
def test_an_abort_at_any_moment_restores_what_was_there(name: str, *, slow: bool, moment: int) -> None:
    story = begun(name, slow=slow)
    world, before = story.world, look(story.world)
    walk(story, moment)
    try:
        abort(story.service, story.rollout_id, ANA, world.ports)
    except Conflict:
        assert story.rollout.past_return
        return
    touched = story.rollout.touched
    story.run()
    assert_over(story, Phase.ABORTED if touched else Phase.CANCELLED)
    assert_as_before(world, before)


@pytest.mark.parametrize(("name", "slow", "moment"), moments())
def test_an_alarm_at_any_moment_restores_what_was_there(name: str, *, slow: bool, moment: int) -> None:
    story = begun(name, slow=slow)
    world, before = story.world, look(story.world)
    walk(story, moment + 1)
    too_late = story.rollout.past_return or story.has_ended
    touched = story.rollout.touched
    story.alarm()
    story.run()
    if too_late:
        assert story.rollout.phase is Phase.SUCCEEDED
        return
    assert_over(story, Phase.ROLLED_BACK if touched else Phase.CANCELLED)
    assert_as_before(world, before)


def raised_at(place: int, error: BaseException) -> Callable[[Write], None]:
    """Raises once, at the n-th write."""
    count = iter(range(10_000))

    def fault(write: Write) -> None:
        if next(count) == place:
            raise error

    return fault


def always(error: Exception) -> Callable[[Write], None]:
    """Raises at every write."""

    def fault(write: Write) -> None:
        raise error

    return fault


def places() -> list[tuple[str, int]]:
    """Each write of each good rollout."""
    return [(name, place) for name in STORIES for place in range(len(promoted(begun(name)).world.aws.writes))]


@pytest.mark.parametrize(("name", "place"), places())
def test_a_write_that_aws_throttles_is_tried_again(name: str, place: int) -> None:
    story = begun(name)
    story.world.aws.refuse = raised_at(place, Transient("slow down"))
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)


@pytest.mark.parametrize(("name", "place"), places())
def test_a_step_that_is_cut_off_after_a_write_takes_it_for_its_own(name: str, place: int) -> None:
    story = begun(name)
    story.world.aws.interrupt = raised_at(place, Transient("the function is gone"))
    promoted(story)
    assert not story.told("Drift Detected")
    assert_over(story, Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)


@pytest.mark.parametrize(("name", "place"), places())
def test_a_write_that_aws_refuses_sends_the_rollout_back(name: str, place: int) -> None:
    story = begun(name)
    before = look(story.world)
    story.world.aws.refuse = raised_at(place, Rejected("you may not"))
    promoted(story)
    if story.rollout.past_return:
        assert_over(story, Phase.SUCCEEDED)
        assert story.rollout.outcome
        return
    assert_over(story, Phase.ROLLED_BACK)
    assert_as_before(story.world, before)
    assert "you may not" in story.told("Rollback Started")[0].reason


@pytest.mark.parametrize(("name", "place"), places())
def test_a_restore_that_aws_throttles_goes_on(name: str, place: int) -> None:
    story = begun(name)
    before = look(story.world)
    walk(story, len(promoted(begun(name)).visited) // 2)
    story.alarm()
    story.world.aws.refuse = raised_at(place, Transient("slow down"))
    story.run()
    assert_over(story, Phase.ROLLED_BACK)
    assert_as_before(story.world, before)


@pytest.mark.parametrize("name", STORIES)
def test_a_restore_that_aws_refuses_is_stuck_until_it_is_retried(name: str) -> None:
    story = begun(name)
    before, locks = look(story.world), dict(story.world.store.locks)
    walk(story, 5)
    story.world.aws.refuse = raised_at(1, Rejected("you may not"))
    story.alarm()
    story.run()
    assert story.state is State.STUCK
    assert story.rollout.phase is Phase.STUCK
    assert story.rollout.outcome == Outcome(reason="you may not")
    assert story.world.store.locks == locks
    retry(story.service, story.rollout_id, ANA, story.world.ports)
    following = story.taken_over().run()
    assert_over(following, Phase.ROLLED_BACK)
    assert_as_before(story.world, before)


@pytest.mark.parametrize(("name", "slow", "moment"), moments())
def test_a_killed_execution_is_thrown_back_by_the_reconciler(name: str, *, slow: bool, moment: int) -> None:
    story = begun(name, slow=slow)
    before = look(story.world)
    walk(story, moment)
    past, touched = story.rollout.past_return, story.rollout.touched
    story.world.executions.statuses[story.rollout_id, 1] = "ABORTED"
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.THROW_BACK
    following = story.taken_over().run()
    if past:
        assert_over(following, Phase.SUCCEEDED)
        return
    assert_over(following, Phase.ROLLED_BACK if touched else Phase.CANCELLED)
    assert_as_before(story.world, before)


@pytest.mark.parametrize(("name", "slow", "moment"), moments(True))
def test_a_task_of_an_older_generation_does_nothing(name: str, *, slow: bool, moment: int) -> None:
    story = begun(name, slow=slow)
    walk(story, moment)
    story.world.executions.statuses[story.rollout_id, 1] = "ABORTED"
    reconcile_one(story.service, story.rollout_id, story.world.ports)
    writes, timeline = len(story.world.aws.writes), len(story.timeline)
    story.token = None
    story.run()
    assert story.state is State.CONTINUED
    assert len(story.world.aws.writes) == writes
    assert len(story.timeline) == timeline


@pytest.mark.parametrize(("name", "slow", "moment"), moments(True))
def test_a_task_that_runs_twice_writes_once(name: str, *, slow: bool, moment: int) -> None:
    story = begun(name, slow=slow)
    walk(story, moment)
    at = story.progress
    walk(story, 1)
    after, writes = story.progress, len(story.world.aws.writes)
    if story.token is None and at is not None and at.next in TASKS:
        story.progress = at
        story.step()
        assert story.progress == after
        assert len(story.world.aws.writes) == writes
    assert_over(promoted(story), Phase.SUCCEEDED)


def test_a_lost_alarm_is_seen_before_traffic_is_touched() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    story.raise_alarm()
    story.run()
    assert_over(story, Phase.ROLLED_BACK)
    assert story.told("Guard Breached")[0].data == {"alarm": "checkout-5xx"}
    assert not story.told("Traffic Shifted")


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


def test_an_abort_that_comes_as_late_as_possible_is_obeyed() -> None:
    story = begun("in place").arrive_at(State.FINISH)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)


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


def test_a_copy_of_an_alarm_is_a_guard_once_the_candidate_is_provisioned() -> None:
    story = begun("blue-green on a copy").arrive_at(State.SHIFT_TRAFFIC)
    copies = [name for name in story.world.aws.named_alarms if name.startswith("signalbox-")]
    assert len(copies) == 2
    story.raise_alarm(copies[0])
    assert_over(story.run(), Phase.ROLLED_BACK)


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


def test_an_alarm_in_the_middle_of_a_shift_takes_the_shift_back() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    at_once: list[int] = []

    def breach(_: Write) -> None:
        story.world.aws.refuse = lambda _: None
        at_once.append(story.alarm())

    story.world.aws.refuse = breach
    story.step()
    assert at_once == [1]
    assert story.state is State.RESTORE
    assert candidate_weights(story.world) == {0}
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


def test_a_second_abort_changes_nothing() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert len(story.told("Abort Requested")) == 1


def test_an_abort_of_what_has_ended_is_nothing() -> None:
    story = begun("canary").run()
    after = abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert after.phase is Phase.SUCCEEDED


def test_a_pause_keeps_the_rest_of_a_bake_for_later() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    story.world.clock.move(minutes=4)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.PAUSE)
    assert story.rollout.hold is not None
    assert story.rollout.hold.kind is HoldKind.PAUSE
    story.world.clock.move(hours=3)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.BAKE)
    assert story.rollout.hold is not None
    assert story.rollout.hold.until == "2026-11-22T11:10:00.000Z"
    assert_over(story.run(), Phase.SUCCEEDED)


def test_a_pause_in_the_middle_of_a_step_waits_for_its_end() -> None:
    story = begun("blue-green on slots", slow=True).run_into(HoldKind.SETTLING)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    assert story.world.executions.waiting
    story.run_into(HoldKind.PAUSE)
    assert story.rollout.phase is Phase.HOLDING
    assert story.told("Capacity Provisioned")
    assert not story.told("Traffic Shifted")
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert len(story.told("Pause Requested")) == 1


def test_a_pause_that_is_resumed_before_it_began_never_begins() -> None:
    story = begun("blue-green on slots", slow=True).run_into(HoldKind.SETTLING)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    assert story.run_into(HoldKind.PAUSE).rollout.phase is Phase.SUCCEEDED


def test_a_pause_at_the_very_moment_a_bake_begins_replaces_it() -> None:
    story = begun("canary").run(lambda s: s.state is State.HOLD and s.token is None)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    story.step()
    assert story.progress is not None
    assert story.progress.kind is HoldKind.PAUSE
    assert story.progress.owed == 600


def test_a_pause_that_nobody_ends_is_restored_after_a_year() -> None:
    story = begun("steps by hand").run()
    assert_over(story, Phase.ROLLED_BACK)
    assert story.rollout.outcome == Outcome(reason="nobody ended the pause")


def test_nothing_can_be_paused_on_the_way_back() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    with pytest.raises(Conflict):
        pause(story.service, story.rollout_id, ANA, story.world.ports)
    with pytest.raises(Conflict):
        resume(story.service, story.rollout_id, ANA, story.world.ports)
    with pytest.raises(Conflict):
        promote(story.service, story.rollout_id, ANA, story.world.ports)


def test_verbs_on_what_has_ended_answer_with_it() -> None:
    story = begun("canary").run()
    for verb in (pause, resume, promote, retry, abort):
        assert verb(story.service, story.rollout_id, ANA, story.world.ports) == story.rollout


def test_only_what_is_paused_can_be_resumed_and_only_what_waits_promoted() -> None:
    story = begun("canary")
    with pytest.raises(Conflict, match="is not paused"):
        resume(story.service, story.rollout_id, ANA, story.world.ports)
    with pytest.raises(Conflict, match="nothing holds"):
        promote(story.service, story.rollout_id, ANA, story.world.ports)
    with pytest.raises(Conflict, match="only a stuck rollout"):
        retry(story.service, story.rollout_id, ANA, story.world.ports)


def test_a_promotion_ends_the_hold_that_waits_and_no_other() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    promote(story.service, story.rollout_id, ANA, story.world.ports)
    story.step()
    assert story.state is State.SHIFT_TRAFFIC
    story.run_into(HoldKind.BAKE)
    assert story.rollout.wanted.candidate == 40


def test_a_full_promotion_leaves_out_every_hold_that_follows() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    now = story.world.clock()
    promote(story.service, story.rollout_id, ANA, story.world.ports, full=True)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.world.clock() == now


def test_a_full_promotion_before_the_first_hold_leaves_out_all() -> None:
    story = begun("linear on slots")
    promote(story.service, story.rollout_id, ANA, story.world.ports, full=True)
    promote(story.service, story.rollout_id, ANA, story.world.ports, full=True)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.world.clock() == NOW
    assert len(story.told("Promotion Requested")) == 1


def test_a_full_promotion_still_stops_at_a_red_guard() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    promote(story.service, story.rollout_id, ANA, story.world.ports, full=True)
    story.raise_alarm()
    assert_over(story.run(), Phase.ROLLED_BACK)


def test_a_pause_after_a_full_promotion_is_obeyed() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    promote(story.service, story.rollout_id, ANA, story.world.ports, full=True)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.PAUSE)
    assert story.holds is HoldKind.PAUSE
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    now = story.world.clock()
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.world.clock() == now


def drifted(name: str = "linear on slots") -> Story:
    """Somebody turns the weights while the rollout bakes; the next step notices."""
    story = begun(name).run_into(HoldKind.BAKE)
    foreign = Rule(arn=RULE, actions=forwarding_to(blue=50, green=50))
    story.world.aws.rules[RULE] = foreign
    return story.run_into(HoldKind.PAUSE)


def test_a_foreign_change_is_told_with_both_values_and_waits() -> None:
    story = drifted()
    told = story.told("Drift Detected")[0]
    assert told.data == {
        "resource": RULE,
        "field": "weights",
        "expected": {BLUE: 80, GREEN: 20},
        "found": {BLUE: 50, GREEN: 50},
    }
    assert story.rollout.phase is Phase.HOLDING
    assert story.rollout.hold is not None
    assert story.rollout.hold.reason == f"somebody else changed weights of {RULE}"


@pytest.mark.parametrize("verb", [resume, promote])
def test_whoever_ends_the_pause_after_a_foreign_change_takes_over(
    verb: Callable[[str, str, Caller, Ports], object],
) -> None:
    story = drifted()
    story.world.clock.move(hours=8)  # longer than a step may take
    verb(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)
    assert len(story.told("Drift Detected")) == 1


def test_an_abort_after_a_foreign_change_restores_the_snapshot() -> None:
    story = drifted()
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert story.world.aws.rules[RULE].actions == simple_forward()


def test_a_full_promotion_does_not_pass_a_foreign_change() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    story.world.aws.rules[RULE] = Rule(arn=RULE, actions=forwarding_to(blue=50, green=50))
    promote(story.service, story.rollout_id, ANA, story.world.ports, full=True)
    story.run_into(HoldKind.PAUSE)
    assert story.told("Drift Detected")


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


def test_the_candidate_grows_with_stable_before_it_gets_more_traffic() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    blue = story.world.aws.groups["blue"]
    story.world.aws.groups["blue"] = replace(
        blue, desired=6, instances=(*blue.instances, *instances("1", 2, "more"))
    )
    story.run()
    assert_over(story, Phase.SUCCEEDED)
    assert story.world.aws.groups["green"].desired == 6


def test_a_step_that_is_cut_off_while_the_candidate_grows_does_not_take_it_for_ill() -> None:
    story = begun("linear on slots", slow=True).run_into(HoldKind.BAKE)
    blue = story.world.aws.groups["blue"]
    story.world.aws.groups["blue"] = replace(
        blue, desired=6, instances=(*blue.instances, *instances("1", 2, "more"))
    )
    story.world.aws.interrupt = raised_at(0, Transient("the function is gone"))
    assert_over(story.run(), Phase.SUCCEEDED)


def test_aws_tells_of_an_instance_and_settling_ends_at_once() -> None:
    story = begun("canary", slow=True).run_into(HoldKind.SETTLING)
    launched = InstanceChanged(group=story.rollout.layout.candidate_group, told=Told.LAUNCHED)
    story.world.aws.settle()
    ended = on_platform_event(launched, story.world.ports)
    assert ended == (story.token not in story.world.executions.waiting)
    assert on_platform_event(replace(launched, group="somebody-elses"), story.world.ports) is False
    assert_over(story.run(), Phase.SUCCEEDED)


def test_a_rollout_to_the_version_that_serves_already_has_nothing_to_do() -> None:
    story = started(World(), STORIES["canary"], OLD_IMAGE).run()
    assert_over(story, Phase.SUCCEEDED)
    assert story.visited == [State.FINISH, State.SUCCEEDED]
    assert story.rollout.outcome == Outcome(reason=f"{OLD_IMAGE} already serves: nothing to do")
    assert not story.world.aws.writes


@pytest.mark.parametrize("name", ["canary", "blue-green on a copy", "blue-green on slots"])
def test_the_next_rollout_starts_from_where_the_last_one_ended(name: str) -> None:
    world = begun(name).run().world
    world.aws.surveyed = replace(world.aws.surveyed, images={TEMPLATE: {"2": IMAGE}})
    world.clock.move(hours=1)
    story = started(world, STORIES[name], "ami-0000000000000000c")
    assert story.rollout.previous_version == IMAGE
    assert_over(story.run(), Phase.SUCCEEDED)
    serving = [g for g in world.aws.groups.values() if g.desired]
    assert [{i.version for i in g.present} for g in serving] == [{"3"}]


def test_two_starters_have_one_rollout() -> None:
    world = World()
    story = started(world, STORIES["canary"])
    world.clock.move(seconds=1)
    with pytest.raises(Conflict, match=f"is held by rollout {story.rollout_id} of checkout"):
        started(world, STORIES["blue-green on a copy"])


def test_a_history_that_grows_too_long_goes_on_in_another_execution() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    long = replace(story.rollout, turns=MOST_TURNS)
    story.world.store.records[story.service, story.rollout_id] = long
    story.run()
    assert story.state is State.CONTINUED
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.CONTINUE
    following = story.taken_over().run()
    assert_over(following, Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)


def test_an_execution_that_never_started_is_started() -> None:
    story = begun("canary")
    story.world.executions.statuses.clear()
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.NOTHING
    story.world.clock.move(minutes=1)
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.START
    assert story.world.executions.statuses == {(story.rollout_id, 1): "RUNNING"}


def test_a_begin_that_is_cut_off_after_arming_still_reads_the_alarms() -> None:
    story = begun("canary")
    story.step()
    story.progress = None
    story.world.sweeping.enabled = False
    story.raise_alarm()
    story.step()
    assert story.state is State.RESTORE
    assert story.world.sweeping.enabled


def test_a_straggler_of_a_killed_execution_is_waited_for() -> None:
    story = begun("linear on slots")
    story.world.aws.interrupt = raised_at(1, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        story.run()
    story.world.executions.statuses[story.rollout_id, 1] = "ABORTED"
    reconcile_one(story.service, story.rollout_id, story.world.ports)
    following = story.taken_over().run_into(HoldKind.SETTLING)
    assert following.progress is not None
    assert following.progress.reason == "a step that was under way may still write"
    assert_over(following.run(), Phase.ROLLED_BACK)
    assert story.world.clock() - NOW > timedelta(seconds=30)


def following_latest() -> World:
    blue = group(template_version="$Latest")
    return World(aws=FakeAws(survey(groups={"blue": blue, "green": group("green", size=0, serves=GREEN)})))


@pytest.mark.parametrize("strategy", [CANARY, BLUE_GREEN])
def test_a_group_that_follows_its_template_never_follows_it_to_the_candidate(strategy: Strategy) -> None:
    world = following_latest()
    before = look(world)

    def check(_: Write) -> None:
        assert not world.aws.versions or world.aws.groups["blue"].template_version != "$Latest"

    world.aws.interrupt = check
    story = started(world, spec(strategy)).run_into(HoldKind.BAKE)
    story.alarm()
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert_as_before(world, before)
    assert world.aws.groups["blue"].template_version == "$Latest"


def test_a_mixed_fleet_is_left_as_it_was() -> None:
    mixed = (*instances("0", 2), *instances("1", 2))
    blue = replace(group(), instances=mixed)
    world = World(aws=FakeAws(survey(groups={"blue": blue, "green": group("green", size=0, serves=GREEN)})))
    story = started(world, STORIES["blue-green on slots"]).run_into(HoldKind.BAKE)
    story.alarm()
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert world.aws.groups["blue"].instances == mixed


def test_a_warm_slot_gets_its_own_version_back() -> None:
    green = group("green", size=2, serves=GREEN)
    world = World(aws=FakeAws(survey(groups={"blue": group(), "green": green})))
    before = look(world)
    story = started(world, STORIES["blue-green on slots"]).run_into(HoldKind.BAKE)
    assert {i.version for i in world.aws.groups["green"].present} == {"2"}
    story.alarm()
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert_as_before(world, before)


def test_stickiness_does_not_keep_clients_on_the_candidate() -> None:
    sticky = Rule(arn=RULE, actions=forwarding_to(True, blue=100, green=0))
    world = World(aws=FakeAws(survey(rules={RULE: sticky}, references=(sticky,))))
    before = look(world)
    story = started(world, STORIES["blue-green on slots"]).run_into(HoldKind.BAKE)
    story.alarm()
    assert weights(world.aws.rules[RULE].actions) == {BLUE: 100}
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert_as_before(world, before)


def test_a_stuck_rollout_is_left_to_people() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    story.world.aws.refuse = raised_at(1, Rejected("you may not"))
    story.alarm()
    story.run()
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.NOTHING
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.progress = Progress(next=State.FINISH)
    story.step()
    assert story.rollout.phase is Phase.STUCK
    assert story.world.store.open == {story.rollout_id: "checkout"}


def test_a_farewell_that_was_cut_off_is_said_again() -> None:
    story = begun("canary").run()
    published = len(story.world.bus.published)
    story.world.store.open[story.rollout_id] = story.service
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.FAREWELL
    assert not story.world.store.open
    assert len(story.world.bus.published) > published
    story.progress = Progress(next=State.FINISH)
    story.step()
    assert story.rollout.phase is Phase.SUCCEEDED


def once(error: Exception, then: Callable[..., None]) -> Callable[..., None]:
    """Raises the first time, and does as always afterwards."""
    errors = [error]

    def call(*args: object) -> None:
        if errors:
            raise errors.pop()
        then(*args)

    return call


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


@pytest.mark.parametrize("kind", [HoldKind.BAKE, HoldKind.PAUSE, HoldKind.SETTLING])
def test_an_abort_that_was_cut_off_ends_the_hold_when_it_is_asked_again(kind: HoldKind) -> None:
    story = begun("steps by hand on slots", slow=True).run_into(kind)
    executions = story.world.executions
    executions.wake = once(Transient("slow down"), executions.wake)  # type: ignore[method-assign]
    with pytest.raises(Transient):
        abort(story.service, story.rollout_id, ANA, story.world.ports)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert not executions.waiting
    assert_over(story.run(), Phase.ABORTED)


def test_a_pause_that_was_cut_off_ends_the_bake_when_it_is_asked_again() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    executions = story.world.executions
    executions.wake = once(Transient("slow down"), executions.wake)  # type: ignore[method-assign]
    with pytest.raises(Transient):
        pause(story.service, story.rollout_id, ANA, story.world.ports)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.PAUSE)
    assert story.rollout.wanted.candidate == 20
    assert len(story.told("Traffic Shifted")) == 1


def test_an_abort_does_not_disturb_a_restore_that_waits() -> None:
    story = begun("canary", slow=True).run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.SETTLING)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert story.world.executions.waiting


def test_what_aws_shows_late_is_not_written_again_and_again() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    aws = story.world.aws
    before = aws.rules[RULE]

    def late(_: Write) -> None:
        aws.rules[RULE] = before

    aws.interrupt = late
    writes = len(aws.writes)
    story.step()
    assert len(aws.writes) == writes + 1
    assert story.state is State.SETTLE_SHIFT_TRAFFIC
    assert story.progress is not None
    assert story.progress.until == "2026-11-22T08:00:02.000Z"
    aws.interrupt = lambda _: None
    assert_over(story.run(), Phase.SUCCEEDED)


def test_a_restore_that_aws_shows_late_is_not_written_again_and_again() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    aws = story.world.aws
    before = aws.rules[RULE]

    def late(_: Write) -> None:
        aws.rules[RULE] = before

    aws.interrupt = late
    writes = len(aws.writes)
    story.step()
    story.step()
    assert len(aws.writes) == writes + 1
    aws.interrupt = lambda _: None
    assert_over(story.run(), Phase.ABORTED)


def test_a_large_fleet_takes_more_than_one_turn() -> None:
    world = World(aws=FakeAws(survey(groups={"blue": group(size=40)})))
    story = started(world, spec(Strategy(preset="canary", batch=1)))
    assert_over(story.run(), Phase.SUCCEEDED)
    assert State.SETTLE_REPLACE_BATCH in story.visited


def test_a_failed_rollout_that_gets_stuck_goes_on_restoring_when_it_is_retried() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    story.world.aws.refuse = always(Rejected("you may not"))
    story.run()
    assert story.rollout.phase is Phase.STUCK
    assert story.rollout.stop is not None
    assert story.rollout.stop.reason == "Rejected: you may not"
    story.world.aws.refuse = lambda _: None
    retry(story.service, story.rollout_id, ANA, story.world.ports)
    retry(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.taken_over().run(), Phase.ROLLED_BACK)


def test_a_task_that_comes_after_the_next_step_has_begun_does_nothing() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    promote(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.BAKE)
    story.progress, story.token = Progress(next=State.SHIFT_TRAFFIC, step=1), None
    story.step()
    assert story.state is State.CONTINUED


def test_tasks_of_a_rollout_that_has_ended_say_how() -> None:
    story = begun("canary").run()
    for state in (State.PROVISION, State.RESTORE):
        story.progress = Progress(next=state)
        story.step()
        assert story.state is State.SUCCEEDED
    story.progress = None
    story.step()
    assert story.state is State.SUCCEEDED


def test_a_hold_of_a_rollout_that_is_closed_meanwhile_is_refused() -> None:
    story = begun("canary").run(lambda s: s.state is State.HOLD and s.token is None)
    ports = story.world.ports
    latches = FakeLatches(story.world.store)

    def closed(signals: Signals, token: str, progress: Progress) -> bool:
        del story.world.store.latches[story.rollout_id]
        return False

    latches.hold = closed  # type: ignore[method-assign]
    assert story.progress is not None
    command = HoldCommand(
        service=story.service,
        rollout_id=story.rollout_id,
        generation=1,
        progress=story.progress,
        task_token="t",
    )
    with pytest.raises(Conflict, match="has been closed"):
        hold(command, replace(ports, latches=latches))


def test_what_the_guards_warned_of_is_in_the_timeline() -> None:
    dead = alarm(state="INSUFFICIENT_DATA")
    world = World(aws=FakeAws(survey(alarms={dead.name: dead})))
    story = started(world, spec(CANARY)).run()
    assert [e.reason for e in story.told("Guard Warned")] == [
        "guards.alarms: checkout-5xx has no data yet: a dead guard until it gets some"
    ]
    assert story.rollout.phase is Phase.SUCCEEDED


def test_copies_of_alarms_that_aws_keeps_are_left_over_by_name() -> None:
    story = begun("blue-green on a copy").arrive_at(State.FINISH)
    story.world.aws.refuse = always(Rejected("you may not"))
    story.run()
    assert_over(story, Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    assert story.rollout.outcome.reason.startswith("completed; left over: signalbox-")


def test_what_could_not_be_retired_is_left_over_by_name() -> None:
    story = begun("blue-green on a copy").arrive_at(State.RETIRE)
    story.world.aws.refuse = raised_at(3, Rejected("you may not"))
    story.run()
    assert_over(story, Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    copy = story.rollout.layout.candidate_group
    assert story.rollout.outcome.evidence["leftovers"] == [copy, story.rollout.layout.candidate_target_group]
    slot = begun("blue-green on slots", slow=True).arrive_at(State.RETIRE)
    slot.world.aws.refuse = raised_at(1, Rejected("you may not"))
    slot.run(lambda s: s.state is State.SETTLE_RETIRE)


def test_an_abort_past_the_point_of_no_return_says_what_to_do_instead() -> None:
    story = begun("blue-green on a copy", slow=True).run(lambda s: s.state is State.SETTLE_RETIRE)
    with pytest.raises(Conflict, match=f"roll out {OLD_IMAGE} instead"):
        abort(story.service, story.rollout_id, ANA, story.world.ports)
    with pytest.raises(Conflict):
        pause(story.service, story.rollout_id, ANA, story.world.ports)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        ('Rejected: {"errorMessage": "no", "errorType": "Rejected"}', "Rejected: no"),
        ("Rejected: you may not", "Rejected: you may not"),
        ("States.Timeout: [1, 2]", "States.Timeout: [1, 2]"),
        ("x" * 2000, "x" * 1000),
    ],
)
def test_what_a_function_raised_is_told_in_plain_words(failure: str, told: str) -> None:
    assert in_plain_words(failure) == told


def test_the_current_step_is_none_before_and_after_the_plan() -> None:
    story = begun("canary")
    assert replace(story.rollout, steps=()).current_step is None
    story.run_into(HoldKind.BAKE)
    assert story.rollout.current_step == story.rollout.steps[1]
    assert replace(story.rollout, step=99).current_step is None
