"""Whole rollouts of groups with hooks, policies, scheduled actions, warm pools and protection."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Rejected
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.estate import Carried, Group, Placement
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.writes import Write
from tests.unit.builders import GREEN, group
from tests.unit.machine import ANA, Story, started
from tests.unit.stories import STORIES, assert_as_before, assert_over, look, promoted, surveyed, world_of

POOL = {"PoolState": "Stopped", "MinSize": 1}
CARRIED = Carried(
    hooks=({"LifecycleHookName": "boot"},),
    policies=({"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"},),
    actions=({"ScheduledActionName": "night", "DesiredCapacity": 1},),
)


def furnished(one: Group) -> Group:
    kept = tuple(replace(i, protected=True) for i in one.instances)
    return replace(one, warm_pool=POOL, carried=CARRIED, instances=kept)


def begun(name: str) -> Story:
    groups = {"blue": group(), "green": group("green", size=0, serves=GREEN)}
    found = surveyed(STORIES[name])
    found = replace(found, groups={key: furnished(one) for key, one in groups.items()})
    return started(world_of(STORIES[name], found), STORIES[name])


def pools(story: Story) -> set[bool]:
    return {one.warm_pool == POOL for one in story.world.aws.groups.values()}


@pytest.mark.parametrize("name", STORIES)
def test_a_good_rollout_leaves_all_that_belongs_to_a_group(name: str) -> None:
    story = promoted(begun(name))
    assert_over(story, Phase.SUCCEEDED)
    assert pools(story) == {True}
    assert {one.suspended for one in story.world.aws.groups.values()} == {()}
    copied = story.rollout.layout.placement is Placement.COPY
    told = [write.operation for write in story.world.aws.writes]
    assert told.count("PutScalingPolicy") == told.count("BatchPutScheduledUpdateGroupAction") == copied
    made = [w for w in story.world.aws.writes if w.operation == "CreateAutoScalingGroup"]
    assert all(write.parameters["LifecycleHookSpecificationList"] for write in made)


@pytest.mark.parametrize("name", ["blue-green on slots", "blue-green on a copy"])
def test_what_stays_suspended_because_aws_refuses_is_named(name: str) -> None:
    def refuse(write: Write) -> None:
        if write.operation == "ResumeProcesses":
            raise Rejected("you may not")

    story = begun(name)
    story.world.aws.refuse = refuse
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    left = story.rollout.outcome.evidence["leftovers"]
    assert isinstance(left, list)
    assert left[-2:] == ["AlarmNotification suspended on blue", "ScheduledActions suspended on blue"]


@pytest.mark.parametrize("name", STORIES)
def test_one_that_is_sent_back_while_it_is_watched_does_too(name: str) -> None:
    story = begun(name)
    before = look(story.world)
    story.run(lambda told: told.holds in (HoldKind.BAKE, HoldKind.ANALYSIS))
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert_as_before(story.world, before)
    assert pools(story) == {True}
