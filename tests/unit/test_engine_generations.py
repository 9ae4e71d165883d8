"""Executions that end too early, come too late, or are told twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.kernel.errors import Conflict, Rejected, Transient
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.on_platform_event import InstanceChanged, on_platform_event
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.reconcile import OVERDUE, Care, is_restoring_for_long, reconcile_one
from signalbox.rollouts.commands.retry import retry
from signalbox.rollouts.commands.take_over import take_over
from signalbox.rollouts.estate import Estate, Layout
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import HoldKind, Outcome, Phase, Stop, StopKind, Told
from signalbox.rollouts.progress import Progress, State
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.finish import leftovers
from signalbox.rollouts.steps.hold import HoldCommand, hold
from signalbox.rollouts.steps.restore import in_plain_words
from signalbox.rollouts.steps.turn import MOST_TURNS
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE,
    GREEN,
    IMAGE,
    NOW,
    OLD_IMAGE,
    RULE,
    TEMPLATE,
    alarm,
    instances,
    survey,
)
from tests.unit.fakes import FakeAws, FakeLatches, World
from tests.unit.machine import ANA, RETRIES, Story, started
from tests.unit.scenes import at, ready
from tests.unit.stories import (
    STORIES,
    always,
    assert_over,
    assert_serves_the_new_version,
    begun,
    once,
    raised_at,
)


def test_aws_tells_of_an_instance_and_settling_ends_at_once() -> None:
    story = begun("canary", slow=True).run_into(HoldKind.SETTLING)
    launched = InstanceChanged(group=story.rollout.layout.candidate_group, told=Told.LAUNCHED)
    story.world.aws.settle()
    ended = on_platform_event(launched, story.world.ports)
    assert ended == (story.token not in story.world.executions.waiting)
    assert on_platform_event(replace(launched, group="somebody-elses"), story.world.ports) is False
    assert_over(story.run(), Phase.SUCCEEDED)


def test_what_aws_has_told_ends_one_wait_and_not_the_next() -> None:
    story = begun("canary", slow=True).run_into(HoldKind.SETTLING)
    launched = InstanceChanged(group=story.rollout.layout.candidate_group, told=Told.LAUNCHED)
    on_platform_event(launched, story.world.ports)
    story.run(lambda s: s.token is None)
    story.run_into(HoldKind.SETTLING)
    assert story.world.store.latches[story.rollout_id].signals.told == {Told.LAUNCHED: 0}


def test_a_rollout_to_the_version_that_serves_already_has_nothing_to_do() -> None:
    story = started(World(), STORIES["canary"], OLD_IMAGE).run()
    assert_over(story, Phase.SUCCEEDED)
    assert story.visited == [State.FINISH, State.SUCCEEDED]
    assert story.rollout.outcome == Outcome(reason=f"{OLD_IMAGE} already serves: nothing to do")
    assert not story.world.aws.writes


@pytest.mark.parametrize("state", ["ALARM", "INSUFFICIENT_DATA"])
@pytest.mark.parametrize("name", ["canary", "blue-green on slots"])
def test_where_there_is_nothing_to_do_no_alarm_has_anything_to_guard(name: str, state: str) -> None:
    of = STORIES[name]
    world = World(aws=FakeAws(survey(alarms={"checkout-5xx": alarm(state=state)})))
    story = started(world, replace(of, guards=replace(of.guards, strict=True)), OLD_IMAGE)
    story.step()
    assert not world.store.watchers.get(alarm().arn)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.rollout.outcome == Outcome(reason=f"{OLD_IMAGE} already serves: nothing to do")


def test_what_served_when_it_was_asked_for_and_does_not_any_more_is_guarded() -> None:
    story = started(World(), STORIES["canary"], OLD_IMAGE)
    aws = story.world.aws
    blue = aws.groups["blue"]
    aws.groups["blue"] = replace(blue, instances=(*blue.instances[:-1], *instances("9", 1)))
    story.raise_alarm()
    assert story.run().rollout.phase is Phase.CANCELLED


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


def test_an_execution_that_never_started_is_started() -> None:
    story = begun("canary")
    story.world.executions.statuses.clear()
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.NOTHING
    story.world.clock.move(minutes=1)
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.START
    assert story.world.executions.statuses == {(story.rollout_id, 1): "RUNNING"}


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
    assert following.progress.until == "2026-11-22T08:00:31.000Z"
    assert_over(following.run(), Phase.ROLLED_BACK)
    assert story.world.clock() - NOW > timedelta(seconds=30)


def test_nobody_waits_for_a_step_of_the_same_execution_that_has_failed() -> None:
    story = begun("linear on slots")
    story.world.aws.refuse = raised_at(2, Rejected("you may not"))
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert story.world.clock() == NOW


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


def test_a_failed_rollout_that_gets_stuck_goes_on_restoring_when_it_is_retried() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    story.world.aws.refuse = always(Rejected("you may not"))
    story.run()
    assert story.rollout.phase is Phase.STUCK
    assert story.progress is not None
    assert story.progress.failure == "you may not"
    assert story.rollout.stop == Stop(
        kind=StopKind.BREACH,
        at="2026-11-22T08:10:00.000Z",
        actor="signalbox",
        reason="Rejected: you may not",
    )
    story.world.aws.refuse = lambda _: None
    retry(story.service, story.rollout_id, ANA, story.world.ports)
    retry(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.taken_over().run(), Phase.ROLLED_BACK)


def test_a_restore_that_may_not_look_is_stuck_and_still_says_why_it_went_back() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    story.world.aws.refuse = always(Rejected("you may not"))
    story.step()

    def hidden(layout: Layout, rollout_id: str) -> Estate:
        raise Rejected("you may not look")

    story.world.aws.observe = hidden  # type: ignore[method-assign]
    story.run()
    assert (story.state, story.rollout.outcome) == (State.STUCK, Outcome(reason="you may not look"))
    assert story.told("Rollback Started")[0].reason == "Rejected: you may not"


def test_a_restore_that_nobody_has_given_a_reason_for_names_the_reconciler() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    story.progress = Progress(next=State.RESTORE, step=1)
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert story.rollout.outcome == Outcome(reason="the rollout was taken over by the reconciler")


def test_a_task_that_comes_after_the_next_step_has_begun_does_nothing() -> None:
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    promote(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.BAKE)
    story.progress, story.token = Progress(next=State.SHIFT_TRAFFIC, step=1), None
    story.step()
    assert story.state is State.CONTINUED


def test_a_task_that_comes_after_the_way_back_has_begun_does_nothing() -> None:
    """Found by the simulation: an attempt given up for dead, whose failure nobody had latched, went on with
    its step beside Restore."""
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)
    late = story.progress
    story.progress = Progress(next=State.RESTORE, step=1, failure="Runtime.ExitError: it ended early")
    observe = story.world.aws.observe

    def down(*_: object) -> Estate:
        raise Transient("try again")

    story.world.aws.observe = down  # type: ignore[method-assign, assignment]
    with pytest.raises(AssertionError, match="retried without end"):
        story.step()
    story.world.aws.observe = observe  # type: ignore[method-assign]
    written = list(story.world.aws.writes)
    story.progress = late
    story.step()
    assert (story.state, story.rollout.phase) == (State.RESTORE, Phase.ROLLING_BACK)
    assert story.world.aws.writes == written
    assert_over(story.run(), Phase.ROLLED_BACK)


@pytest.mark.parametrize("name", ["linear on slots", "canary"])
def test_a_task_that_was_given_up_and_outlives_the_rollout_writes_nothing_any_more(name: str) -> None:
    """Found by a storm: while it read back its first write, its execution had failed, gone back and ended."""
    story = begun(name).arrive_at(State.PROVISION)
    going_back = Progress(next=State.RESTORE, step=0, failure="Runtime.ExitError: it ended early")
    observe, looks = story.world.aws.observe, [0]
    written: list[Write] = []

    def meanwhile(layout: Layout, rollout_id: str) -> Estate:
        seen = observe(layout, rollout_id)
        looks[0] += 1
        if looks[0] == 2:
            story.world.aws.observe = observe  # type: ignore[method-assign]
            late, story.progress = story.progress, going_back
            assert_over(story.run(), Phase.ROLLED_BACK)
            story.progress = late
            written.extend(story.world.aws.writes)
        return seen

    story.world.aws.observe = meanwhile  # type: ignore[method-assign]
    story.step()
    assert written
    assert story.world.aws.writes == written


def test_a_task_of_an_execution_whose_history_grew_long_writes_nothing_beside_the_next_one() -> None:
    story = begun("linear on slots").arrive_at(State.PROVISION)
    observe, looks = story.world.aws.observe, [0]
    written: list[Write] = []

    def meanwhile(layout: Layout, rollout_id: str) -> Estate:
        looks[0] += 1
        if looks[0] == 2:
            take_over(story.rollout, story.world.ports, reason="its history grew long")
            written.extend(story.world.aws.writes)
        return observe(layout, rollout_id)

    story.world.aws.observe = meanwhile  # type: ignore[method-assign]
    story.step()
    assert written
    assert (story.state, story.world.aws.writes) == (State.RESTORE, written)
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
    with pytest.raises(Conflict, match="^the rollout has been closed$"):
        hold(command, replace(ports, latches=latches))


@pytest.mark.parametrize("generation", [0, 1])
def test_a_hold_of_another_generation_or_of_what_has_ended_is_told_that_others_go_on(generation: int) -> None:
    story = begun("canary").run(lambda s: s.state is State.HOLD and s.token is None)
    assert story.progress is not None
    command = HoldCommand(
        service=story.service,
        rollout_id=story.rollout_id,
        generation=generation,
        progress=story.progress,
        task_token="t",
    )
    if generation:
        story.run()
    story.world.executions.waiting.add("t")
    hold(command, story.world.ports)
    assert story.world.executions.answers == {"t": Progress(next=State.CONTINUED)}


def test_a_bus_that_does_not_answer_does_not_stand_in_the_way_of_traffic() -> None:
    story = begun("linear on slots").arrive_at(State.SHIFT_TRAFFIC)

    def down(*_: object) -> None:
        raise Transient("try again")

    def shifted(_: Write) -> None:
        story.world.bus.publish = down  # type: ignore[method-assign, assignment]

    story.world.aws.interrupt = shifted
    story.step()
    assert weights(story.world.aws.rules[RULE].actions)[GREEN] == 20
    with pytest.raises(AssertionError, match="retried without end"):
        story.step()
    assert weights(story.world.aws.rules[RULE].actions) == {BLUE: 1}


def test_what_could_not_be_retired_is_left_over_by_name() -> None:
    story = begun("blue-green on a copy").arrive_at(State.RETIRE)
    story.world.aws.refuse = raised_at(3, Rejected("you may not"))
    story.run()
    assert_over(story, Phase.SUCCEEDED)
    layout = story.rollout.layout
    assert leftovers_of(story) == [layout.candidate_group, layout.candidate_target_group]
    slot = begun("blue-green on slots").arrive_at(State.RETIRE)
    slot.world.aws.refuse = raised_at(0, Rejected("you may not"))
    slot.run()
    assert slot.rollout.outcome == Outcome(
        reason="completed; left over: blue, green with a minimum of 4 instead of 1",
        evidence={"leftovers": ["blue", "green with a minimum of 4 instead of 1"]},
    )


def leftovers_of(story: Story) -> list[object]:
    assert story.rollout.outcome is not None
    left = story.rollout.outcome.evidence["leftovers"]
    assert isinstance(left, list)
    return left


def test_of_a_slot_that_somebody_has_removed_no_sizes_are_told() -> None:
    assert leftovers(at(ready(), candidate=None)) == ("blue",)


def test_an_original_that_could_not_be_filled_again_is_left_over_with_its_sizes() -> None:
    story = begun("blue-green on a copy").arrive_at(State.RETIRE)

    def refuse(write: Write) -> None:
        if write.operation == "UpdateAutoScalingGroup" and write.parameters.get("DesiredCapacity"):
            raise Rejected("you may not")

    story.world.aws.refuse = refuse
    assert_over(story.run(), Phase.SUCCEEDED)
    blue = story.world.aws.groups["blue"]
    assert (blue.min, blue.desired) == (0, 0)
    assert leftovers_of(story)[2:] == [
        "blue with a minimum of 0 instead of 1",
        "blue with a desired capacity of 0 instead of 4",
    ]


@pytest.mark.parametrize("name", ["blue-green on a copy", "blue-green on slots", "canary"])
def test_past_the_point_of_no_return_a_long_throttle_is_outlasted(name: str) -> None:
    story = begun(name, slow=True).run(lambda s: s.rollout.past_return)
    assert story.state is State.SETTLE_RETIRE
    faults = iter(range(3 * RETRIES))

    def throttle(_: Write) -> None:
        if next(faults, None) is not None:
            raise Transient("slow down")

    story.world.aws.refuse = throttle
    assert_over(story.run(), Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)
    assert story.rollout.outcome is not None
    assert not story.rollout.outcome.evidence


def test_past_the_point_of_no_return_it_ends_when_its_step_is_overdue() -> None:
    story = begun("blue-green on a copy", slow=True).run(lambda s: s.rollout.past_return)

    def throttle(write: Write) -> None:
        if write.service == "autoscaling":
            raise Transient("slow down")

    story.world.aws.refuse = throttle
    story.world.clock.move(minutes=31)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    assert story.rollout.layout.candidate_group in str(story.rollout.outcome.evidence["leftovers"])


def test_past_the_point_of_no_return_it_ends_when_aws_tells_nothing_any_more() -> None:
    story = begun("blue-green on a copy").run(lambda s: s.rollout.past_return)

    def refuse(layout: Layout, rollout_id: str) -> Estate:
        raise Rejected("you may not look")

    story.world.aws.observe = refuse  # type: ignore[method-assign]
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    assert "you may not look" in story.rollout.outcome.reason


def test_before_the_point_of_no_return_the_end_must_be_seen() -> None:
    story = begun("in place").arrive_at(State.FINISH)
    observe = story.world.aws.observe

    def refuse(layout: Layout, rollout_id: str) -> Estate:
        story.world.aws.observe = observe  # type: ignore[method-assign]
        raise Rejected("you may not look")

    story.world.aws.observe = refuse  # type: ignore[method-assign]
    assert_over(story.run(), Phase.ROLLED_BACK)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        ('Rejected: {"errorMessage": "no", "errorType": "Rejected"}', "Rejected: no"),
        ("Rejected: you may not", "Rejected: you may not"),
        ("States.Timeout: [1, 2]", "States.Timeout: [1, 2]"),
        ("x" * 2000, "x" * 1000),
        ('E: {"errorMessage": "' + "x" * 2000 + '"}', "E: " + "x" * 997),
        ("E: [" + "1," * 2000 + "1]", "E: [" + "1," * 498),
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


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("linear on slots", State.SHIFT_TRAFFIC),
        ("blue-green on slots", State.RETIRE),
        ("blue-green on a copy", State.SETTLE_RETIRE),
    ],
)
def test_a_history_that_grows_too_long_goes_on_in_another_execution(name: str, state: State) -> None:
    story = begun(name, slow=True).arrive_at(state)
    long = replace(story.rollout, turns=MOST_TURNS)
    story.world.store.records[story.service, story.rollout_id] = long
    story.run()
    assert story.state is State.CONTINUED
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.CONTINUE
    following = story.taken_over().run()
    assert_over(following, Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)


def test_an_execution_of_nothing_restores_nothing() -> None:
    nothing = Story(world=World(), service="checkout", rollout_id="r-nothing")
    assert nothing.run().state is State.CONTINUED


def test_a_restore_whose_history_grows_too_long_goes_on_in_another_execution() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    long = replace(story.rollout, turns=MOST_TURNS)
    story.world.store.records[story.service, story.rollout_id] = long
    assert story.run().state is State.CONTINUED
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.CONTINUE
    assert_over(story.taken_over().run(), Phase.ABORTED)


def test_what_a_task_saved_and_did_not_tell_its_retry_tells() -> None:
    story = begun("linear on slots")
    enable = story.world.sweeping.enable
    story.world.sweeping.enable = once(Transient("slow down"), enable)  # type: ignore[method-assign]
    story.step()
    assert [entry.type for entry in story.world.bus.published] == ["Rollout Requested", "Rollout Started"]
    assert_over(story.run(lambda s: s.has_ended), Phase.SUCCEEDED)


def test_what_a_hold_has_saved_is_told_though_its_deadline_passes_before_it_could_tell() -> None:
    """Found by the simulation: blue/green on slots, its answer lost three times while the bake ran out."""
    story = begun("blue-green on slots").run(lambda now: now.state is State.HOLD and now.token is None)
    publish = story.world.bus.publish

    def too_slow(*_: object) -> None:
        raise Transient("the function was ended")

    story.world.bus.publish = too_slow  # type: ignore[method-assign, assignment]
    bake = story.progress
    assert bake is not None
    with pytest.raises(Transient):
        story.step()
    story.world.bus.publish = publish  # type: ignore[method-assign]
    story.token, story.progress = None, bake.after
    assert_over(story.run(), Phase.SUCCEEDED)
    assert [entry.type for entry in story.world.bus.published].count("Rollout Held") == 1


def test_a_restore_that_aws_does_not_answer_is_known_as_one_and_is_not_taken_over_again_and_again() -> None:
    """Found by the simulation: a service of AWS that is down for longer than a hold may be overdue."""
    story = begun("blue-green on a copy").run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    observe = story.world.aws.observe

    def down(*_: object) -> Estate:
        raise Transient("try again")

    story.world.aws.observe = down  # type: ignore[method-assign, assignment]
    story.arrive_at(State.RESTORE)
    with pytest.raises(AssertionError, match="retried without end"):
        story.step()
    assert (story.rollout.phase, story.rollout.hold) == (Phase.ROLLING_BACK, None)
    assert len(story.told("Rollback Started")) == 1
    story.world.clock.now += OVERDUE + timedelta(hours=1)
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.NOTHING
    assert is_restoring_for_long(story.rollout, story.world.clock.now)
    story.world.aws.observe = observe  # type: ignore[method-assign]
    assert_over(story.run(), Phase.ABORTED)


def test_a_generation_that_takes_over_waits_for_nothing_yet() -> None:
    """Found by the simulation: the hold of the generation before made each one overdue at once."""
    story = begun("blue-green on a copy").run_into(HoldKind.BAKE)
    story.world.clock.now += timedelta(hours=1)
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.THROW_BACK
    assert story.rollout.hold is None
    assert reconcile_one(story.service, story.rollout_id, story.world.ports) is Care.NOTHING
    assert story.rollout.generation == 2


def test_what_another_restore_has_done_meanwhile_is_no_refusal() -> None:
    """Found by the simulation: an execution that was stopped, whose Restore went on beside the next one's."""
    story = begun("blue-green on a copy").run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    apply = story.world.aws.apply

    def faster(write: Write, *, once: bool = False) -> None:
        apply(write, once=once)
        if write.operation == "DeleteAutoScalingGroup":
            story.world.aws.apply = apply  # type: ignore[method-assign]
            raise Rejected("there is no such group")

    story.world.aws.apply = faster  # type: ignore[method-assign]
    assert_over(story.run(), Phase.ABORTED)
