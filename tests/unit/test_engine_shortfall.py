"""AWS launches fewer instances than it is asked for, or none any more."""

from dataclasses import replace

import pytest

from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.estate import Group
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.service import ServiceSpec, Strategy
from tests.unit.builders import GREEN, group, spec, survey
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA, Story, started
from tests.unit.stories import assert_as_before, assert_over, look

SIZE = 5


class ShortOfCapacity(FakeAws):
    """The new version gets so many instances, and no more."""

    most = 3

    def settle(self) -> None:
        super().settle()
        self.groups = {name: self._cut(one) for name, one in self.groups.items()}

    def _cut(self, one: Group) -> Group:
        late = [i for i in one.instances if i.version != "1"][self.most :]
        return replace(one, instances=tuple(i for i in one.instances if i not in late))


def begun(of: ServiceSpec) -> Story:
    aws = ShortOfCapacity(
        survey(groups={"blue": group(size=SIZE), "green": group("green", size=0, serves=GREEN)})
    )
    story = started(World(aws=aws), of)
    aws.slow = True
    return story


def named(preset: str, *, slots: bool) -> ServiceSpec:
    return spec(Strategy(preset=preset), slots=slots)  # type: ignore[arg-type]


def shares(story: Story) -> set[int]:
    """Every weight of another target group than blue's that was ever asked for."""
    weights = set()
    for write in story.world.aws.writes:
        for action in write.parameters.get("Actions", []):  # type: ignore[attr-defined]
            groups = action["ForwardConfig"]["TargetGroups"]
            weights |= {g["Weight"] for g in groups if "blue/" not in g["TargetGroupArn"]}
    return weights


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("preset", ["blue-green", "immutable", "linear", "traffic-splitting"])
def test_three_of_five_are_not_enough_and_no_traffic_moves(preset: str, *, slots: bool) -> None:
    story = begun(named(preset, slots=slots))
    before = look(story.world)
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert story.rollout.outcome is not None
    assert "did not settle: 3 of 5 candidate instances are healthy" in story.rollout.outcome.reason
    assert shares(story) <= {0}
    assert_as_before(story.world, before)
    assert story.world.aws.groups["blue"].instances == before.groups["blue"].instances


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("preset", ["rolling", "canary"])
def test_in_place_it_stops_where_the_next_instance_does_not_come(preset: str, *, slots: bool) -> None:
    story = begun(named(preset, slots=slots))
    before = look(story.world)
    story.run(lambda told: told.rollout.phase is Phase.ROLLING_BACK)
    assert "did not settle" in story.told("Rollback Started")[0].reason
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert_as_before(story.world, before)


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("preset", ["blue-green", "immutable"])
def test_the_way_back_needs_no_new_capacity_while_the_old_is_alive(preset: str, *, slots: bool) -> None:
    story = begun(named(preset, slots=slots))
    story.world.aws.most = SIZE  # type: ignore[attr-defined]
    story.run(lambda told: told.holds is HoldKind.BAKE and shares(told) > {0})
    old = {i.id for i in story.world.aws.groups["blue"].instances}
    written = len(story.world.aws.writes)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert {i.id for i in story.world.aws.groups["blue"].instances} == old
    sizes = [write.parameters.get("DesiredCapacity", 0) for write in story.world.aws.writes[written:]]
    assert all(isinstance(size, int) and size <= SIZE for size in sizes)
