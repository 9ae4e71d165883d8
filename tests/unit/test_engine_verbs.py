"""Rollouts that people speak to."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Conflict, Transient
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.pause import pause
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.commands.retry import retry
from signalbox.rollouts.estate import Estate, Layout
from signalbox.rollouts.model import HoldKind, Outcome, Phase, Stop
from signalbox.rollouts.progress import State
from signalbox.rollouts.signals import Heard, Signals
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.finish import finish
from tests.unit.builders import (
    NOW,
)
from tests.unit.fakes import FakeLatches
from tests.unit.machine import ANA
from tests.unit.stories import (
    assert_over,
    begun,
    once,
)


def test_an_abort_that_comes_as_late_as_possible_is_obeyed() -> None:
    story = begun("in place").arrive_at(State.FINISH)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
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


def test_a_pause_comes_after_every_look_of_its_step() -> None:
    story = begun("canary", slow=True).arrive_at(State.REPLACE_BATCH)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.PAUSE)
    looks = story.visited.count(State.SETTLE_REPLACE_BATCH) // 2
    assert story.progress is not None
    assert (story.progress.attempt, story.progress.then) == (looks + 1, story.progress.step + 1)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    story.run()
    told = [entry.sequence for entry in story.world.bus.published]
    assert told == [entry.sequence for entry in story.timeline if entry.public]


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
    held = len(story.visited)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.world.clock() == now
    assert State.HOLD not in story.visited[held:]


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


def test_an_abort_past_the_point_of_no_return_says_what_to_do_instead() -> None:
    story = begun("blue-green on a copy", slow=True).run(lambda s: s.state is State.SETTLE_RETIRE)
    with pytest.raises(Conflict, match="let it end, then undo it"):
        abort(story.service, story.rollout_id, ANA, story.world.ports)
    with pytest.raises(Conflict):
        pause(story.service, story.rollout_id, ANA, story.world.ports)


class Overtaken(FakeLatches):
    """Latches that somebody else was faster at."""

    def stop(self, rollout_id: str, stop: Stop, heard: Heard, *, since_armed: bool = False) -> Signals | None:
        return None


def test_an_abort_that_is_overtaken_by_the_point_of_no_return_is_refused() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    ports = replace(story.world.ports, latches=Overtaken(story.world.store))
    with pytest.raises(Conflict, match="past the point of no return"):
        abort(story.service, story.rollout_id, ANA, ports)


def test_an_abort_that_is_overtaken_by_the_end_is_nothing() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)

    class EndedMeanwhile(Overtaken):
        def stop(
            self, rollout_id: str, stop: Stop, heard: Heard, *, since_armed: bool = False
        ) -> Signals | None:
            abort(story.service, story.rollout_id, ANA, story.world.ports)
            return None

    ports = replace(story.world.ports, latches=EndedMeanwhile(story.world.store))
    abort(story.service, story.rollout_id, ANA, ports)
    assert_over(story.run(), Phase.ABORTED)


def test_an_abort_in_the_middle_of_the_finish_is_not_lost() -> None:
    story = begun("in place").arrive_at(State.FINISH)

    seen = story.world.aws.observe

    def observe(layout: Layout, rollout_id: str) -> Estate:
        abort(story.service, story.rollout_id, ANA, story.world.ports)
        return seen(layout, rollout_id)

    story.world.aws.observe = observe  # type: ignore[method-assign]
    command = StepCommand(
        service=story.service, rollout_id=story.rollout_id, generation=1, step=len(story.rollout.steps)
    )
    with pytest.raises(Conflict):
        finish(command, story.world.ports)
    with pytest.raises(Conflict, match="because"):
        finish(command, story.world.ports)
    with pytest.raises(Conflict, match="generation 1 has taken over"):
        finish(replace(command, generation=0), story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
