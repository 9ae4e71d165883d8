"""Traffic by name: what is on its way is followed, and nothing that clients may still come to goes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Transient, Unprocessable
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.draft import draft
from signalbox.rollouts.model import HoldKind, Phase, Propagation
from signalbox.rollouts.progress import State
from signalbox.rollouts.scene import settled
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.propagation import insisted
from signalbox.rollouts.steps.turn import Turn
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    GREEN_BALANCER,
    IMAGE,
    NOW,
    forward_action,
    name_rule,
    rollout,
    scene,
    survey_by_name,
)
from tests.unit.fakes import World
from tests.unit.machine import ANA, Story
from tests.unit.stories import (
    STORIES,
    assert_as_before,
    assert_over,
    assert_serves_the_new_version,
    begun,
    look,
    promoted,
)

NAME = "blue-green by name"
TTL = timedelta(seconds=60)


def changes(world: World) -> list[Write]:
    return [write for write in world.aws.writes if write.service == "route53"]


def size_of(story: Story, group: str) -> int:
    return story.world.aws.groups[group].desired


def baking() -> Story:
    return begun(NAME).run_into(HoldKind.BAKE)


def test_a_shift_is_done_when_all_servers_have_it() -> None:
    story = begun(NAME, slow=True).run(lambda s: bool(changes(s.world)))
    assert not story.told("Traffic Shifted")
    assert story.rollout.propagation == Propagation(changes=tuple(story.world.aws.on_their_way))
    story.world.aws.on_their_way.clear()
    story.run_into(HoldKind.BAKE)
    assert story.told("Traffic Shifted")
    assert story.rollout.propagation is not None
    assert story.rollout.propagation.in_sync_at is not None
    assert len(changes(story.world)) == 1


def test_what_has_lost_its_weight_serves_until_resolvers_have_forgotten_it() -> None:
    story = begun(NAME).run(lambda s: bool(s.told("Traffic Shifted")))
    shifted = story.world.clock.now
    story.run(lambda s: size_of(s, "blue") == 0)
    assert story.world.clock.now - shifted >= 2 * TTL
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)


def test_a_bake_that_was_left_out_does_not_shorten_that() -> None:
    story = begun(NAME).run(lambda s: bool(s.told("Traffic Shifted")))
    shifted = story.world.clock.now
    story.run_into(HoldKind.BAKE)
    story.world.clock.now += timedelta(seconds=1)
    while not story.has_ended and size_of(story, "blue"):
        if story.holds is HoldKind.BAKE and story.token:
            story.world.executions.waiting.discard(story.token)
            story.progress, story.token = story.progress.after if story.progress else None, None
        story.step()
    assert story.world.clock.now - shifted >= 2 * TTL


def test_weights_whose_answer_was_lost_are_written_again_to_know_when_they_arrive() -> None:
    story = begun(NAME)
    lost = [Transient("the answer was lost")]

    def interrupt(write: Write) -> None:
        if write.service == "route53" and lost:
            raise lost.pop()

    story.world.aws.interrupt = interrupt
    story.run_into(HoldKind.BAKE)
    first, second = changes(story.world)
    assert first.parameters == second.parameters
    assert story.told("Traffic Shifted")


@pytest.mark.parametrize("by", ["alarm", "abort"])
def test_the_way_back_keeps_the_candidate_until_clients_have_followed(by: str) -> None:
    story = begun(NAME)
    before = look(story.world)
    story.run_into(HoldKind.BAKE)
    if by == "alarm":
        story.alarm()
        assert story.world.aws.rules == before.rules  # by the alarm's own function
    else:
        abort(story.service, story.rollout_id, ANA, story.world.ports)
    back = story.world.clock.now
    story.run(lambda s: size_of(s, "green") == 0)
    assert story.world.clock.now - back >= 2 * TTL
    story.run()
    assert_over(story, Phase.ROLLED_BACK if by == "alarm" else Phase.ABORTED)
    assert_as_before(story.world, before)
    restored = from_rfc3339(story.rollout.clocks.restored_at or "")
    assert timedelta() <= restored - back - TTL < 2 * TTL


def test_restore_writes_once_more_what_the_alarm_has_written_to_follow_it() -> None:
    story = baking()
    story.alarm()
    assert len(changes(story.world)) == 2
    story.run()
    assert len(changes(story.world)) == 3
    assert changes(story.world)[1] == changes(story.world)[2]


def test_what_never_had_traffic_goes_at_once() -> None:
    story = begun(NAME).arrive_at(State.SHIFT_TRAFFIC)
    began = story.world.clock.now
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run()
    assert_over(story, Phase.ABORTED)
    assert not changes(story.world)
    assert story.world.clock.now - began < TTL


@pytest.mark.parametrize("by", ["alarm", "owner"])
def test_what_somebody_else_has_given_weight_serves_until_resolvers_have_forgotten_it(by: str) -> None:
    story = begun(NAME).arrive_at(State.SHIFT_TRAFFIC)
    ((arn, before),) = story.world.aws.rules.items()
    records = {side: {**record, "Weight": 50} for side, record in before.records.items()}
    halves = forward_action(dict.fromkeys(records, 50))
    story.world.aws.rules[arn] = replace(before, actions=halves, records=records)
    story.run_into(HoldKind.PAUSE)
    if by == "alarm":
        story.alarm()
    else:
        story.world.aws.rules[arn] = before
        abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert story.world.aws.rules[arn] == before
    back = story.world.clock.now
    story.run(lambda s: size_of(s, "green") == 0)
    assert story.world.clock.now - back >= 2 * TTL
    assert_over(story.run(), Phase.ROLLED_BACK if by == "alarm" else Phase.ABORTED)


def test_copies_of_alarms_look_at_the_candidate_behind_its_own_load_balancer() -> None:
    story = baking()
    made = [write for write in story.world.aws.writes if write.operation == "PutMetricAlarm"]
    watches = made[-1].parameters["Dimensions"]
    assert {"Name": "LoadBalancer", "Value": GREEN_BALANCER.split("loadbalancer/")[1]} in watches  # type: ignore[operator]


def test_a_way_back_ends_also_when_somebody_has_removed_the_name() -> None:
    story = begun(NAME, slow=True).run_into(HoldKind.BAKE)
    story.world.aws.rules.clear()
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert size_of(story, "green") == 0


def test_two_weights_of_nothing_are_refused() -> None:
    equal_split = survey_by_name(name_rule(blue=0, green=0))
    with pytest.raises(Unprocessable, match="neither slot gets traffic"):
        draft(STORIES[NAME], equal_split, IMAGE)


def test_where_the_name_is_gone_no_weights_are_insisted_on() -> None:
    of = rollout(propagation=Propagation())
    signals = Signals(rollout_id=of.rollout_id, service=of.service, generation=1)
    turn = Turn(rollout=of, signals=signals, now=NOW)
    here = scene()
    gone = here.looking_at(replace(here.estate, rules=()))
    assert insisted(turn, gone, settled("all is as before")) == settled("all is as before")
    assert insisted(turn, here, settled("all is as before")).writes
