"""Rollouts whose estate somebody else changes, or that AWS shows late."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Transient
from signalbox.kernel.events import JsonObject
from signalbox.rollouts import forwarding
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.estate import Rule
from signalbox.rollouts.model import HoldKind, Phase, Split
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import State
from signalbox.rollouts.service import Bake, Provision, Retire, StepSpec, Strategy
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE,
    BLUE_GREEN,
    CANARY,
    GREEN,
    RULE,
    forwarding_to,
    group,
    instances,
    simple_forward,
    spec,
    survey,
)
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA, Story, started
from tests.unit.stories import (
    STORIES,
    assert_as_before,
    assert_over,
    assert_serves_the_new_version,
    begun,
    look,
    raised_at,
)


def drifted(name: str = "linear on slots") -> Story:
    """Somebody turns the weights while the rollout bakes; the next step notices."""
    story = begun(name).run_into(HoldKind.BAKE)
    foreign = Rule(arn=RULE, actions=forwarding_to(blue=50, green=50))
    story.world.aws.rules[RULE] = foreign
    return story.run_into(HoldKind.PAUSE)


def test_a_foreign_change_is_told_with_both_values_and_waits() -> None:
    story = drifted()
    assert story.progress is not None
    assert (story.progress.step, story.progress.attempt) == (3, 1)
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
    assert story.rollout.actual == Split(stable=50, candidate=50)


def test_nothing_is_shifted_by_a_rule_that_is_gone() -> None:
    story = begun("blue-green on slots").arrive_at(State.SHIFT_TRAFFIC)
    del story.world.aws.rules[RULE]
    story.run_into(HoldKind.PAUSE)
    assert not story.told("Traffic Shifted")
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)


def test_a_foreign_change_before_the_first_write_is_told_too() -> None:
    story = begun("linear on slots")
    story.step()
    story.world.aws.rules[RULE] = Rule(arn=RULE, actions=forwarding_to(blue=50, green=50))
    story.run_into(HoldKind.PAUSE)
    assert story.told("Drift Detected")
    assert not story.world.aws.writes


def test_the_plan_is_made_for_the_fleet_that_is_there_when_it_begins() -> None:
    story = started(World(), spec(Strategy(preset="canary", batch=50)))
    assert "provision 2" in [step.name for step in story.rollout.steps]
    story.world.clock.move(minutes=1)
    story.world.aws.groups["blue"] = group(size=8)
    story.step()
    assert "provision 4" in [step.name for step in story.rollout.steps]
    assert story.rollout.started_at == story.world.clock()


def test_a_plan_may_begin_with_a_hold() -> None:
    steps = (StepSpec(bake=Bake(for_="1m")), StepSpec(provision=Provision(count=1)))
    story = started(World(), spec(Strategy(steps=(*steps, StepSpec(retire=Retire())))))
    assert story.run_into(HoldKind.BAKE).rollout.step == 0
    assert not story.world.aws.writes


@pytest.mark.parametrize("name", ["blue-green on a copy", "blue-green on slots"])
def test_weights_that_somebody_sets_back_are_taken_over_before_what_they_name_is_emptied(name: str) -> None:
    story = begun(name).run_into(HoldKind.BAKE)
    weights = forwarding.weights(story.world.aws.rules[RULE].actions)
    turned = [{"TargetGroupArn": arn, "Weight": 50} for arn in weights]
    action: JsonObject = {"Type": "forward", "ForwardConfig": {"TargetGroups": turned}}
    story.world.aws.rules[RULE] = Rule(arn=RULE, actions=(action,))
    story.run_into(HoldKind.PAUSE)
    emptied: list[dict[str, int]] = []

    def check(write: Write) -> None:
        if write.parameters.get("DesiredCapacity") == 0:
            emptied.append(forwarding.weights(story.world.aws.rules[RULE].actions))

    story.world.aws.interrupt = check
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert emptied[0] == weights


@pytest.mark.parametrize("name", ["blue-green on a copy", "blue-green on slots"])
def test_a_rule_that_came_meanwhile_keeps_what_it_leads_to_until_it_is_gone(name: str) -> None:
    story = begun(name).run_into(HoldKind.BAKE)
    theirs = Rule(arn=f"{RULE}-theirs", actions=simple_forward(BLUE))
    story.world.aws.rules[theirs.arn] = theirs
    story.run_into(HoldKind.PAUSE)
    assert story.told("Drift Detected")[0].data == {
        "resource": theirs.arn,
        "field": "traffic",
        "expected": {},
        "found": {BLUE: 1},
    }
    assert story.rollout.hold is not None
    assert theirs.arn in story.rollout.hold.reason
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    story.step()
    story.run_into(HoldKind.PAUSE)  # it is still there
    assert len(story.world.aws.groups["blue"].present) == 4
    del story.world.aws.rules[theirs.arn]
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.SUCCEEDED)


def test_a_rule_that_came_meanwhile_stops_nothing_before_something_is_emptied_or_afterwards() -> None:
    theirs = Rule(arn=f"{RULE}-theirs", actions=simple_forward(BLUE))
    story = begun("linear on slots").run_into(HoldKind.BAKE)
    story.world.aws.rules[theirs.arn] = theirs
    story.arrive_at(State.RETIRE)
    assert not story.told("Drift Detected")
    late = begun("blue-green on a copy", slow=True).run(lambda s: s.rollout.past_return)
    late.world.aws.rules[theirs.arn] = theirs
    late.world.aws.interrupt = lambda _: None  # nobody serves what they send to the emptied group
    assert_over(late.run(), Phase.SUCCEEDED)


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


def test_what_is_changed_once_more_during_the_pause_is_told_once_more() -> None:
    story = drifted()
    story.world.aws.rules[RULE] = Rule(arn=RULE, actions=forwarding_to(blue=30, green=70))
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    story.step()
    story.run_into(HoldKind.PAUSE)
    again = story.told("Drift Detected")[-1]
    assert again.data["expected"] == {BLUE: 50, GREEN: 50}
    assert again.data["found"] == {BLUE: 30, GREEN: 70}


@pytest.mark.parametrize("verb", [resume, promote])
def test_whoever_ends_the_pause_after_a_foreign_change_takes_over(
    verb: Callable[[str, str, Caller, Ports], object],
) -> None:
    story = drifted()
    story.world.clock.move(hours=8)  # longer than a step may take
    verb(story.service, story.rollout_id, ANA, story.world.ports)
    story.run(lambda now: now.rollout.hold is None)
    assert story.rollout.step_began_at == story.world.clock()
    assert_over(story.run(), Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)
    assert len(story.told("Drift Detected")) == 1
