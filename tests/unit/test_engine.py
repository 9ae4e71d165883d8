"""Whole rollouts over the fakes: what may happen at each moment, and at each write."""

from collections import Counter

import pytest

from signalbox.kernel.errors import Conflict, Rejected, Transient
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.reconcile import Care, reconcile_one
from signalbox.rollouts.commands.retry import retry
from signalbox.rollouts.model import Outcome, Phase
from signalbox.rollouts.progress import State
from signalbox.rollouts.steps.acting import LONGEST_WRITING
from signalbox.rollouts.writes import Write
from tests.unit.machine import ANA, TASKS
from tests.unit.stories import (
    STORIES,
    assert_as_before,
    assert_over,
    assert_serves_the_new_version,
    begun,
    look,
    moments,
    promoted,
    raised_at,
    walk,
)


@pytest.mark.parametrize("slow", [False, True], ids=["fast", "slow"])
@pytest.mark.parametrize("name", STORIES)
def test_a_good_rollout_brings_the_new_version_into_service(name: str, *, slow: bool) -> None:
    story = promoted(begun(name, slow=slow))
    assert_over(story, Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)
    assert story.rollout.actual == story.rollout.wanted
    assert story.rollout.actual.candidate == 100
    told = [entry.sequence for entry in story.world.bus.published]
    assert told == [entry.sequence for entry in story.timeline if entry.public]


@pytest.mark.untraced
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


@pytest.mark.untraced
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


def places() -> list[tuple[str, int]]:
    """Each write of each good rollout."""
    return [(name, place) for name in STORIES for place in range(len(promoted(begun(name)).world.aws.writes))]


@pytest.mark.untraced
@pytest.mark.parametrize(("name", "place"), places())
def test_a_write_that_aws_throttles_is_tried_again(name: str, place: int) -> None:
    story = begun(name)
    story.world.aws.refuse = raised_at(place, Transient("slow down"))
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)


@pytest.mark.untraced
@pytest.mark.parametrize(("name", "place"), places())
def test_a_step_that_is_cut_off_after_a_write_takes_it_for_its_own(name: str, place: int) -> None:
    story = begun(name)
    story.world.aws.interrupt = raised_at(place, Transient("the function is gone"))
    promoted(story)
    assert not story.told("Drift Detected")
    assert_over(story, Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)


@pytest.mark.untraced
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


@pytest.mark.untraced
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
    story.run(lambda now: now.rollout.touched)
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


@pytest.mark.untraced
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
        assert_serves_the_new_version(story.world)
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


@pytest.mark.untraced
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


@pytest.mark.parametrize("name", STORIES)
def test_whoever_has_written_for_long_leaves_the_rest_for_the_next_turn(name: str) -> None:
    """A function that is ended in the middle has told nobody what it has done."""
    story = begun(name)
    turns: Counter[int] = Counter()

    def takes_long(write: Write) -> None:
        turns[len(story.visited)] += story.state is not State.FINISH
        story.world.clock.now += LONGEST_WRITING

    story.world.aws.interrupt = takes_long
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)
    assert max(turns.values()) == 1


@pytest.mark.parametrize("name", STORIES)
def test_what_takes_it_forward_is_sent_once_and_what_takes_it_back_until_it_arrives(name: str) -> None:
    story = promoted(begun(name))
    aws = story.world.aws
    farewell = [write for write in aws.writes if write.operation == "DeleteAlarms"]
    assert aws.sent_once == [write for write in aws.writes if write not in farewell]
    thrown = begun(name)
    thrown.run(lambda now: now.rollout.touched)
    thrown.alarm()
    forward = len(thrown.world.aws.writes)
    thrown.run()
    assert not [write for write in thrown.world.aws.writes[forward:] if write in thrown.world.aws.sent_once]
