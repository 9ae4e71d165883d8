"""AWS launches fewer instances than it is asked for, or the new version never becomes healthy."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.durations import parse_duration
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.estate import Estate, Group, Layout
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox.rollouts.strategies.presets import PRESETS
from tests.unit.builders import BLUE, GREEN, by_name, copied, group, spec
from tests.unit.experiments import ab_test
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA, Story, started
from tests.unit.stories import Before, assert_as_before, assert_over, look, surveyed

SIZE, ROOM = 5, 3
A_LOOK = timedelta(minutes=1)  # at most, between two looks of a step that settles
IN_PLACE = ("all-at-once", "rolling", "rolling-with-additional-batch", "canary")
SHIFTING = tuple(preset for preset in PRESETS if preset not in IN_PLACE)
PLACES = ("group", "slots", "slots by name", "group by name")


class ShortOfCapacity(FakeAws):
    """The new version gets so many instances, and no more."""

    most = ROOM

    def settle(self) -> None:
        super().settle()
        self.groups = {name: self._cut(one) for name, one in self.groups.items()}

    def _cut(self, one: Group) -> Group:
        late = [i for i in one.instances if i.version != "1"][self.most :]
        return replace(one, instances=tuple(i for i in one.instances if i not in late))


class NeverHealthy(FakeAws):
    """No instance of the new version answers a health check."""

    def settle(self) -> None:
        super().settle()
        old = {i.id for one in self.groups.values() for i in one.instances if i.version == "1"}
        self.health = {
            arn: {i: state if i in old else "unhealthy" for i, state in states.items()}
            for arn, states in self.health.items()
        }


class NoRoom(FakeAws):
    """There is room for as many instances as the group had, and for no more."""

    def settle(self) -> None:
        super().settle()
        self.groups = {
            name: replace(one, instances=one.instances[:SIZE]) for name, one in self.groups.items()
        }


class LateToLaunch(FakeAws):
    """What was asked for is not to be seen before it has settled."""

    def observe(self, layout: Layout, rollout_id: str) -> Estate:
        seen = super().observe(layout, rollout_id)
        late = {i for states in self.health.values() for i, state in states.items() if state == "initial"}
        there = tuple(i for i in seen.stable.instances if i.id not in late)
        return replace(seen, stable=replace(seen.stable, instances=there))


TROUBLES = (ShortOfCapacity, NeverHealthy)


def service(preset: str, place: str) -> ServiceSpec:
    strategy = ab_test() if preset == "ab-test" else Strategy(preset=preset)  # type: ignore[arg-type]
    named = spec(strategy, slots=place.startswith("slots"))
    if place == "group by name":
        return copied(named)
    return by_name(named) if place == "slots by name" else named


def begun(of: ServiceSpec, trouble: type[FakeAws] = ShortOfCapacity) -> Story:
    groups = {"blue": group(size=SIZE), "green": group("green", size=0, serves=GREEN)}
    aws = trouble(replace(surveyed(of), groups=groups))
    story = started(World(aws=aws), of)
    aws.slow = True
    return story


def watched(story: Story) -> set[int]:
    """Every weight that another target group than blue's ever gets, as it goes on."""
    seen: set[int] = set()
    aws = story.world.aws
    aws.interrupt = lambda _: seen.update(
        weight for rule in aws.rules.values() for arn, weight in weights(rule.actions).items() if arn != BLUE
    )
    return seen


def assert_went_back_in_time(story: Story) -> None:
    """When its deadline had passed, a step went back: not before, and not long after."""
    (back,) = story.told("Rollback Started")
    assert "did not settle" in back.reason
    took = from_rfc3339(back.at) - from_rfc3339(story.told("Step Started")[-1].at)
    deadline = parse_duration(story.rollout.spec.guards.deadline)
    assert deadline <= took <= deadline + A_LOOK


def assert_nothing_is_left(story: Story, before: Before) -> None:
    assert_over(story, Phase.ROLLED_BACK)
    assert_as_before(story.world, before)


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("preset", SHIFTING)
def test_no_traffic_moves_to_what_is_not_there(preset: str, place: str, trouble: type[FakeAws]) -> None:
    story = begun(service(preset, place), trouble)
    before, given = look(story.world), watched(story)
    story.run()
    assert_went_back_in_time(story)
    assert given <= {0}
    assert_nothing_is_left(story, before)
    assert story.world.aws.groups["blue"].instances == before.groups["blue"].instances


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("preset", IN_PLACE)
def test_in_place_it_stops_where_the_next_instance_does_not_come(
    preset: str, place: str, trouble: type[FakeAws]
) -> None:
    story = begun(service(preset, place), trouble)
    before, given = look(story.world), watched(story)
    story.run()
    assert_went_back_in_time(story)
    assert given <= {0}
    assert_nothing_is_left(story, before)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("preset", ["rolling-with-additional-batch", "canary"])
def test_no_old_instance_goes_before_the_first_new_one_is_healthy(preset: str, place: str) -> None:
    story = begun(service(preset, place), NeverHealthy)
    before = look(story.world)
    story.run()
    assert story.world.aws.groups["blue"].instances == before.groups["blue"].instances


def test_it_is_said_how_many_are_there() -> None:
    story = begun(service("blue-green", "group")).run()
    assert story.rollout.outcome is not None
    assert "did not settle: 3 of 5 candidate instances are healthy" in story.rollout.outcome.reason


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("preset", ["blue-green", "immutable"])
def test_the_way_back_needs_no_new_capacity_while_the_old_is_alive(preset: str, place: str) -> None:
    story = begun(service(preset, place))
    story.world.aws.most = SIZE  # type: ignore[attr-defined]
    given = watched(story)
    story.run(lambda told: told.holds is HoldKind.BAKE and given > {0})
    old = {i.id for i in story.world.aws.groups["blue"].instances}
    written = len(story.world.aws.writes)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert {i.id for i in story.world.aws.groups["blue"].instances} == old
    sizes = [write.parameters.get("DesiredCapacity", 0) for write in story.world.aws.writes[written:]]
    assert all(isinstance(size, int) and size <= SIZE for size in sizes)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("preset", ["rolling", "all-at-once"])
def test_the_way_back_in_place_ends_where_there_is_no_room_for_both_versions(preset: str, place: str) -> None:
    """Found by the simulation: an abort of `rolling` after two of four, in an account without more capacity.
    The old version was to launch beside the new one, which it never could."""
    of = replace(
        service(preset, place), guards=replace(service(preset, place).guards, min_healthy_percent=60)
    )
    story = begun(of, NoRoom)
    before, aws = look(story.world), story.world.aws
    fewest = SIZE

    def count(_: object) -> None:
        nonlocal fewest
        fewest = min(fewest, len(aws.groups["blue"].in_service))

    story.run(lambda told: len({i.version for i in aws.groups["blue"].instances}) > 1)
    aws.interrupt = count
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run()
    assert_over(story, Phase.ABORTED)
    assert_as_before(story.world, before)
    assert aws.groups["blue"].desired == SIZE
    assert fewest >= 3


@pytest.mark.parametrize("preset", ["rolling", "all-at-once"])
def test_a_long_bake_before_the_way_back_takes_nothing_away_that_serves(preset: str) -> None:
    """What was awaited before it says nothing of what is awaited on it."""
    of = service(preset, "group")
    of = replace(of, guards=replace(of.guards, min_healthy_percent=0))
    story = begun(of, LateToLaunch)
    aws = story.world.aws
    story.run(lambda told: told.holds is HoldKind.BAKE)
    story.world.clock.move(hours=2)
    fewest = [SIZE]
    aws.interrupt = lambda _: fewest.append(len(aws.groups["blue"].in_service))
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert min(fewest) == SIZE
    assert aws.groups["blue"].desired == SIZE
