"""The first rollout of a service: nothing serves yet."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Unprocessable
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.plan_rollout import plan_rollout
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.commands.undo import Undo, undo
from signalbox.rollouts.model import Phase, StepKind
from signalbox.rollouts.ports import Registered
from signalbox.rollouts.service import Facts, Guards, ServiceSpec, Strategy
from signalbox.rollouts.survey import Survey
from tests.unit.builders import (
    BLUE_GREEN,
    CANARY,
    GREEN,
    IMAGE,
    OLD_IMAGE,
    TEMPLATE,
    alarm,
    group,
    spec,
    survey,
)
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA, Story, started
from tests.unit.stories import assert_as_before, assert_over, look


def nothing_serves(**more: object) -> Survey:
    groups = {"blue": group(size=0), "green": group("green", size=0, serves=GREEN)}
    return survey(groups=groups, images={TEMPLATE: {"1": OLD_IMAGE}}, **more)


def world_of(of: ServiceSpec, found: Survey | None = None) -> World:
    world = World(aws=FakeAws(found or nothing_serves()))
    world.store.services[of.name] = Registered(spec=of, created_at="", updated_at="", updated_by="")
    return world


def begun(of: ServiceSpec, **start: object) -> Story:
    world = world_of(of)
    command = StartRollout(service=of.name, version=IMAGE, **start)  # type: ignore[arg-type]
    rollout = start_rollout(command, ANA, world.ports)
    return Story(world=world, service=of.name, rollout_id=rollout.rollout_id)


SERVICES = [spec(CANARY), spec(BLUE_GREEN), spec(BLUE_GREEN, slots=True), spec(Strategy(preset="rolling"))]


@pytest.mark.parametrize("of", SERVICES)
def test_the_first_instances_launch_are_healthy_and_that_is_all(of: ServiceSpec) -> None:
    story = begun(of, size=3).run()
    assert_over(story, Phase.SUCCEEDED)
    (step,) = story.rollout.steps
    assert (step.kind, step.name) == (StepKind.REPLACE, "launch 3, the first")
    assert [w.operation for w in story.world.aws.writes] == [
        "CreateLaunchTemplateVersion",
        "UpdateAutoScalingGroup",
    ]
    blue = story.world.aws.groups["blue"]
    assert ([i.version for i in blue.instances], blue.min) == (["2", "2", "2"], 0)
    assert len(story.rollout.warnings) == 1
    assert story.rollout.warnings[0].startswith("this is the first rollout")


def test_without_a_size_one_instance_is_the_first() -> None:
    story = begun(spec()).run()
    assert len(story.world.aws.groups["blue"].instances) == 1


def test_the_version_of_the_template_does_not_serve_yet() -> None:
    story = started(world_of(spec()), spec(), OLD_IMAGE).run()
    assert_over(story, Phase.SUCCEEDED)
    assert len(story.world.aws.groups["blue"].instances) == 1


def test_health_is_awaited_until_the_deadline_and_nothing_is_left() -> None:
    story = begun(spec(guards=Guards(deadline="1m")), size=2)
    before = look(story.world)
    story.world.aws.settle = lambda: None  # type: ignore[method-assign]
    story.world.aws.slow = True
    story.run(lambda told: told.rollout.phase is Phase.ROLLING_BACK)
    del story.world.aws.settle
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert_as_before(story.world, before)
    assert story.world.aws.groups["blue"].desired == 0


def test_a_first_rollout_whose_instances_do_not_come_ends_where_it_began() -> None:
    story = begun(spec(), size=2)
    before = look(story.world)
    story.run(lambda told: any(w.operation == "UpdateAutoScalingGroup" for w in told.world.aws.writes))
    blue = story.world.aws.groups["blue"]
    story.world.aws.groups["blue"] = replace(blue, instances=())  # AWS has no capacity
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert_as_before(story.world, before)
    assert story.world.aws.groups["blue"].desired == 0


def test_an_alarm_that_is_red_because_nothing_serves_is_not_looked_at() -> None:
    of = spec()
    world = world_of(of, nothing_serves(alarms={"checkout-5xx": alarm(state="ALARM")}))
    plan = plan_rollout(of.name, IMAGE, None, world.ports)
    assert [warning[:29] for warning in plan.warnings] == ["this is the first rollout: no"]
    assert "1 instance launches" in plan.warnings[0]
    assert (plan.replaces, plan.switches, plan.estimate.is_downtime) == ((), (), False)
    assert_over(started(world, of).run(), Phase.SUCCEEDED)


def test_every_strategy_suits_where_there_is_no_data_yet() -> None:
    of = replace(spec(BLUE_GREEN), facts=Facts(stateful_volumes=True, singleton_leader=True))
    assert_over(begun(of).run(), Phase.SUCCEEDED)


@pytest.mark.parametrize(
    ("found", "size", "said"),
    [(None, 11, "blue takes at most 10 instances"), (survey(), 2, "blue serves: scale it")],
)
def test_a_size_that_makes_no_sense_is_refused_by_name(found: Survey | None, size: int, said: str) -> None:
    world = world_of(spec(), found)
    with pytest.raises(Unprocessable, match=said) as refusal:
        plan_rollout("checkout", IMAGE, None, world.ports, size=size)
    assert refusal.value.violations[0].field == "size"


def test_there_is_nothing_to_undo_before_the_first_but_after_an_earlier_one() -> None:
    first = begun(spec()).run()
    world = first.world
    with pytest.raises(Unprocessable, match="there is nothing to undo"):
        undo(Undo(service="checkout"), ANA, world.ports)
    blue = world.aws.groups["blue"]
    world.aws.groups["blue"] = replace(blue, desired=0, instances=())  # for the night
    world.clock.move(hours=1)
    assert_over(started(world, spec(), "ami-0000000000000000c").run(), Phase.SUCCEEDED)
    world.clock.move(hours=1)
    assert undo(Undo(service="checkout"), ANA, world.ports).version == IMAGE
