"""A function that nobody waits for any more may live, and write once more: no restore ends before that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.kernel.errors import Rejected, Transient
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.estate import Estate, Layout
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.progress import State
from signalbox.rollouts.steps.turn import LONGEST_STEP
from signalbox.rollouts.writes import Write
from tests.unit.machine import ANA, Story
from tests.unit.stories import assert_as_before, assert_over, begun, look

LATE = timedelta(seconds=20)


def lost_at_its_first_write(story: Story, *, aborted: bool = True) -> list[Write]:
    """The function is lost sight of just before its first write, which it makes later; somebody aborts."""
    on_its_way: list[Write] = []

    def lose(write: Write) -> None:
        story.world.aws.refuse = lambda _: None
        on_its_way.append(write)
        if aborted:
            abort(story.service, story.rollout_id, ANA, story.world.ports)
        raise Transient("lost sight of")

    story.world.aws.refuse = lose
    return on_its_way


@pytest.mark.parametrize("name", ["canary", "blue-green on slots", "rolling on slots"])
def test_what_it_writes_late_is_taken_back_too(name: str) -> None:
    story = begun(name)
    before = look(story.world)
    late = lost_at_its_first_write(story)
    story.run(lambda told: told.holds is HoldKind.SETTLING and told.state is State.SETTLE_RESTORE)
    assert not story.has_ended
    story.world.clock.now += LATE
    for write in late:
        story.world.aws.apply(write)
    assert_over(story.run(), Phase.ABORTED)
    assert_as_before(story.world, before)


def test_what_it_may_still_send_traffic_to_can_carry_it() -> None:
    """Seen in the simulation: a slot was emptied, and seconds later the lost function gave it half of all."""
    story = begun("blue-green on slots")
    before = look(story.world)
    story.arrive_at(State.SHIFT_TRAFFIC)
    late = lost_at_its_first_write(story)
    story.run(lambda told: told.holds is HoldKind.SETTLING and told.state is State.SETTLE_RESTORE)
    assert story.world.aws.groups["green"].desired == story.world.aws.groups["blue"].desired
    story.world.clock.now += LATE
    for write in late:
        story.world.aws.apply(write)
    assert_over(story.run(), Phase.ABORTED)
    assert_as_before(story.world, before)


def test_one_that_was_lost_an_attempt_ago_is_reckoned_with() -> None:
    story = begun("canary")
    late = lost_at_its_first_write(story, aborted=False)
    story.arrive_at(State.PROVISION)
    story.step()
    lost_until = story.rollout.lost_until
    assert lost_until == story.world.clock() + LONGEST_STEP
    assert len(late) == 1
    story.run_into(HoldKind.BAKE)
    story.arrive_at(State.REPLACE_BATCH)
    story.step()
    assert story.rollout.lost_until is None  # long ago


def test_one_that_told_its_own_end_is_not_waited_for() -> None:
    story = begun("canary")
    refused: list[Write] = []

    def refuse(write: Write) -> None:
        story.world.aws.refuse = lambda _: None
        refused.append(write)
        raise Rejected("you may not")

    story.world.aws.refuse = refuse
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert refused
    assert story.rollout.lost_until is None
    assert story.visited.count(State.SETTLE_RESTORE) == 0


def test_one_that_was_lost_is_waited_for_also_when_the_next_one_is_refused_a_look() -> None:
    story = begun("canary")
    late = lost_at_its_first_write(story, aborted=False)
    look_at, looks = story.world.aws.observe, iter(range(100))

    def observe(layout: Layout, rollout_id: str) -> Estate:
        if late and next(looks) == 0:
            raise Rejected("you may not look")
        return look_at(layout, rollout_id)

    story.world.aws.observe = observe  # type: ignore[method-assign]
    story.run(lambda told: told.state is State.SETTLE_RESTORE)
    assert not story.has_ended
    assert story.rollout.lost_until is not None
    assert_over(story.run(), Phase.ROLLED_BACK)


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_minimum_that_it_sets_late_is_nobody_elses(is_lost: bool) -> None:  # noqa: FBT001
    story = begun("blue-green on a copy", slow=True)
    aws, store, key = story.world.aws, story.world.store, (story.service, story.rollout_id)
    minimum = aws.groups["blue"].min
    story.arrive_at(State.RETIRE)
    story.run(lambda _: aws.writes[-1].parameters.get("MinSize") == minimum)
    if is_lost:
        until = story.world.clock() + LATE
        store.records[key] = replace(store.records[key], busy_until=until)
    aws.groups["blue"] = replace(aws.groups["blue"], min=0)
    story.run(lambda told: told.has_ended or bool(told.told("Drift Detected")))
    assert story.has_ended is is_lost
    if is_lost:
        assert_over(story, Phase.SUCCEEDED)
        assert aws.groups["blue"].min == minimum
