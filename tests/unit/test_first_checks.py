"""A rollout is the first only where nothing serves, and only if its instances will be reached."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from signalbox.kernel.errors import Conflict, Rejected, Unprocessable
from signalbox.rollouts.commands.plan_rollout import plan_rollout
from signalbox.rollouts.commands.put_service import put_service
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.draft import draft
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.survey import Survey
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE,
    BLUE_GREEN,
    COPY,
    FOREIGN,
    GREEN,
    IMAGE,
    RULE,
    by_name,
    forwarding_to,
    group,
    name_rule,
    rule,
    spec,
    survey,
    survey_by_name,
    target_group,
)
from tests.unit.machine import ANA, started
from tests.unit.stories import assert_over, begun, world_of

EMPTY = {"blue": group(size=0), "green": group("green", size=0, serves=GREEN)}


def empty(weights: Mapping[str, int], healthy: Mapping[str, int] | None = None) -> Survey:
    """No instances, behind one rule with these weights."""
    divided = rule(actions=forwarding_to(**weights))
    return survey(groups=EMPTY, rules={RULE: divided}, references=(divided,), healthy=dict(healthy or {}))


def test_where_the_copy_of_an_earlier_rollout_serves_it_is_not_the_first() -> None:
    with pytest.raises(Unprocessable) as refusal:
        draft(spec(), empty({"blue": 0, "copy": 100}, {COPY: 4}), IMAGE)
    (violation,) = refusal.value.violations
    assert violation.field == "traffic"
    assert violation.message == (
        f"{RULE} sends traffic to {COPY}, where 4 healthy targets serve, while blue has no instances: an"
        " earlier rollout has left its copy, and this is no first rollout. Launch what serves in blue by"
        " hand, give its target group all the weight, and start again"
    )


def test_a_share_of_the_traffic_beside_a_copy_that_serves_is_not_enough() -> None:
    with pytest.raises(Unprocessable, match="where 1 healthy target serves"):
        draft(spec(), empty({"blue": 50, "copy": 50}, {COPY: 1}), IMAGE)


@pytest.mark.parametrize(
    ("shares", "healthy", "told"),
    [
        (
            {"blue": 10, "foreign": 90},
            4,
            f"{RULE} sends traffic to {FOREIGN}, where 4 healthy targets serve: that part of the traffic"
            " stays theirs",
        ),
        (
            {"blue": 0, "foreign": 100},
            1,
            f"{RULE} sends traffic to {FOREIGN}, where 1 healthy target serves, and gives {BLUE} no weight:"
            " nobody reaches the first instances of blue until somebody gives it some",
        ),
    ],
)
def test_a_service_that_comes_to_stand_beside_others_is_new(
    shares: dict[str, int], healthy: int, told: str
) -> None:
    drafted = draft(spec(), empty(shares, {FOREIGN: healthy}), IMAGE)
    assert drafted.first == 1
    assert told in drafted.warnings


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ({"blue": 10, "foreign": 90}, f"{IMAGE} serves all traffic"),
        (
            {"blue": 0, "foreign": 100},
            f"{IMAGE} runs in blue; nobody reaches it until it has weight in {RULE}",
        ),
    ],
)
def test_the_first_beside_others_says_whether_anybody_reaches_it(shares: dict[str, int], reason: str) -> None:
    found = empty(shares)
    found = replace(found, target_groups={**found.target_groups, FOREIGN: target_group(FOREIGN)})
    world = world_of(spec(), found)
    world.aws.health[FOREIGN] = {"i-theirs": "healthy"}
    story = started(world, spec())
    before = world.aws.rules[RULE]
    assert_over(story.run(), Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    assert story.rollout.outcome.reason == reason
    assert world.aws.rules[RULE] == before
    assert len(world.aws.groups["blue"].instances) == 1


@pytest.mark.parametrize("weights", [{"blue": 0}, {"blue": 0, "foreign": 100}])
def test_the_first_instances_must_get_traffic(weights: dict[str, int]) -> None:
    with pytest.raises(Unprocessable) as refusal:
        draft(spec(), empty(weights), IMAGE)
    (violation,) = refusal.value.violations
    assert violation.message == (
        f"{RULE} gives {BLUE} no weight: nobody would reach the first instances of blue. Give it weight first"
    )


def test_others_that_have_no_healthy_targets_do_not_serve() -> None:
    drafted = draft(spec(), empty({"blue": 50, "foreign": 50}, {FOREIGN: 0}), IMAGE)
    assert drafted.first == 1


def test_of_a_name_all_weights_zero_are_no_traffic_for_anybody_in_particular() -> None:
    found = replace(survey_by_name(name_rule(blue=0, green=0)), groups=EMPTY)
    with pytest.raises(Unprocessable, match="neither slot gets traffic"):
        draft(by_name(spec(BLUE_GREEN, slots=True)), found, IMAGE)


def test_a_rollout_after_leftovers_does_not_take_an_emptied_original_for_a_new_service() -> None:
    story = begun("blue-green on a copy", slow=True)

    def refuse(write: Write) -> None:
        fills = write.resource == "blue" and write.parameters.get("DesiredCapacity")
        if fills and story.rollout.past_return:
            raise Rejected("you may not")

    story.world.aws.refuse = refuse
    assert_over(story.run(), Phase.SUCCEEDED)
    story.world.aws.settle()
    assert not story.world.aws.groups["blue"].instances
    story.world.clock.move(minutes=5)
    again = StartRollout(service=story.service, version="ami-0000000000000000c")
    with pytest.raises(Unprocessable, match="this is no first rollout"):
        start_rollout(again, ANA, story.world.ports)
    with pytest.raises(Unprocessable, match="this is no first rollout"):
        plan_rollout(story.service, again.version, None, story.world.ports)


def test_who_asks_while_a_rollout_has_the_traffic_is_told_of_that_one() -> None:
    """What the open rollout has written is no fault of the caller; a registration is not refused for it."""
    story = begun("blue-green on a copy")
    story.run_into(HoldKind.BAKE)
    world = story.world
    with pytest.raises(Conflict, match=f"is held by rollout {story.rollout_id} of checkout"):
        start_rollout(StartRollout(service="checkout", version="ami-0000000000000000c"), ANA, world.ports)
    put_service(world.ports.services.get("checkout").spec, ANA, world.ports)
    plan = plan_rollout("checkout", "ami-0000000000000000c", None, world.ports)
    assert any("gives" in text and "no weight" in text for text in plan.warnings)
