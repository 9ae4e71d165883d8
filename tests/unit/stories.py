"""Good rollouts of every kind, and what must be so when one has ended."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from signalbox.kernel.timeline import first_break
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.estate import Group, Rule
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import (
    Bake,
    Guards,
    Pause,
    Provision,
    Replace,
    Retire,
    ServiceSpec,
    Shift,
    StepSpec,
    Strategy,
)
from signalbox.rollouts.strategies.presets import with_floor
from signalbox.rollouts.survey import Survey
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE_GREEN,
    CANARY,
    LINEAR,
    by_name,
    copied,
    spec,
    survey,
    survey_by_name,
    survey_of_copied,
)
from tests.unit.experiments import CANDIDATE_WINS, ab_test
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA, Story, started

BY_HAND = Strategy(
    steps=(
        StepSpec(provision=Provision(percent=50)),
        StepSpec(shift=Shift(percent=20)),
        StepSpec(bake=Bake(for_="5m")),
        StepSpec(pause=Pause()),
        StepSpec(provision=Provision(percent=100)),
        StepSpec(shift=Shift(percent=100)),
        StepSpec(retire=Retire()),
    )
)


IN_PLACE = Strategy(
    steps=(
        StepSpec(replace=Replace(percent=50, batch=25)),
        StepSpec(bake=Bake(for_="1m")),
        StepSpec(replace=Replace(batch=50)),
    )
)


STORIES: dict[str, ServiceSpec] = {
    "canary": spec(CANARY),
    "canary on slots": spec(CANARY, slots=True),
    "blue-green on a copy": spec(BLUE_GREEN),
    "blue-green on slots": spec(BLUE_GREEN, slots=True),
    "blue-green by name": by_name(spec(Strategy(preset="blue-green", keep_old_for="1m"), slots=True)),
    "linear on a copy": spec(LINEAR),
    "blue-green by name, copied": copied(spec(Strategy(preset="blue-green", keep_old_for="1m"))),
    "linear on slots": spec(LINEAR, slots=True),
    "steps by hand": spec(BY_HAND),
    "steps by hand on slots": spec(BY_HAND, slots=True),
    "all at once": spec(Strategy(preset="all-at-once")),
    "rolling on slots": spec(Strategy(preset="rolling", batch_count=1), slots=True),
    "rolling with additional batch": spec(Strategy(preset="rolling-with-additional-batch", batch_count=3)),
    "immutable on a copy": spec(Strategy(preset="immutable", first=2, keep_old_for="1h")),
    "traffic splitting on slots": spec(Strategy(preset="traffic-splitting", shares=(5, 50)), slots=True),
    "a/b test on a copy": spec(ab_test(keep_old_for="10m")),
    "a/b test on slots": spec(ab_test(), slots=True),
    "in place": spec(IN_PLACE, guards=Guards(alarms=("checkout-5xx",), min_healthy_percent=50)),
}


ENDINGS = {
    Phase.SUCCEEDED: "Rollout Succeeded",
    Phase.ROLLED_BACK: "Rollout Rolled Back",
    Phase.ABORTED: "Rollout Aborted",
    Phase.CANCELLED: "Rollout Cancelled",
}


@dataclass(frozen=True)
class Before:
    """AWS as it was."""

    groups: dict[str, Group]
    rules: dict[str, Rule]
    target_groups: tuple[str, ...]
    alarms: tuple[str, ...]
    balancers: tuple[str, ...]


def look(world: World) -> Before:
    aws = world.aws
    return Before(
        dict(aws.groups),
        dict(aws.rules),
        tuple(aws.target_groups),
        tuple(aws.named_alarms),
        tuple(aws.balancers),
    )


def sizes(group: Group) -> tuple[object, ...]:
    return (group.min, group.max, group.template_version, group.suspended)


def assert_as_before(world: World, before: Before) -> None:
    """What Restore leaves equals the snapshot (desired: at least), and nothing that was made is left."""
    aws = world.aws
    assert set(aws.groups) == set(before.groups)
    for name, was in before.groups.items():
        assert sizes(aws.groups[name]) == sizes(was), name
        assert aws.groups[name].desired >= was.desired
        assert {i.version for i in aws.groups[name].present} == {i.version for i in was.present}
    assert aws.rules == before.rules
    assert set(aws.target_groups) == set(before.target_groups)
    assert set(aws.named_alarms) == set(before.alarms)
    assert set(aws.balancers) == set(before.balancers)
    assert not aws.versions


def assert_over(story: Story, phase: Phase) -> None:
    """Exactly one ending, told once; nothing is held, watched or waited for."""
    store, rollout = story.world.store, story.rollout
    assert rollout.phase is phase, [f"{e.type}: {e.reason}" for e in story.timeline[-6:]]
    assert first_break(story.timeline) is None
    assert [e.type for e in story.timeline if e.type in ENDINGS.values()] == [ENDINGS[phase]]
    assert not store.locks
    assert not store.latches
    assert not store.open
    assert not any(store.watchers.values())
    assert rollout.hold is None
    assert rollout.ended_at is not None
    assert rollout.outcome is not None
    told = {e.sequence for e in story.world.bus.published}  # at least once each
    assert told == {e.sequence for e in story.timeline if e.public}


def assert_serves_the_new_version(world: World) -> None:
    """Whoever gets traffic runs the candidate's version, in the wanted number; what was made is gone."""
    aws = world.aws
    carrying = {arn for rule in aws.rules.values() for arn, w in weights(rule.actions).items() if w}
    serving = [g for g in aws.groups.values() if set(g.target_groups) & carrying]
    assert [{i.version for i in g.present} for g in serving] == [{"2"}]
    assert len(serving[0].present) == serving[0].desired == 4
    assert serving[0].min == 1
    assert set(aws.groups) == {"blue", "green"}
    assert len(aws.target_groups) == 2
    assert not aws.balancers
    assert set(aws.named_alarms) == {"checkout-5xx"}


def surveyed(of: ServiceSpec) -> Survey:
    """The estate of a story's service."""
    if of.traffic.load_balancer == "copy":
        return survey_of_copied()
    return survey_by_name() if of.traffic.router == "route53" else survey()


def world_of(of: ServiceSpec, found: Survey | None = None) -> World:
    """In which experiments favour the candidate."""
    world = World(aws=FakeAws(found or surveyed(of)))
    world.metrics.values |= CANDIDATE_WINS
    return world


def begun(name: str, *, slow: bool = False) -> Story:
    """Whatever is written: healthy capacity behind the rules never falls under the floor."""
    of = STORIES[name]
    world = world_of(of)
    world.aws.propagates = slow
    world.aws.slow = slow
    floor = part(with_floor(of, 4).guards.min_healthy_percent or 0, 4)
    world.aws.interrupt = lambda _: assert_floor(world, floor)
    return started(world, of)


def assert_floor(world: World, floor: int) -> None:
    for rule in world.aws.rules.values():
        carrying = [arn for arn, weight in weights(rule.actions).items() if weight]
        serving = [i for arn in carrying for i, state in world.aws.health[arn].items() if state == "healthy"]
        assert len(serving) >= floor, [w.operation for w in world.aws.writes]


def promoted(story: Story) -> Story:
    """To the end; whoever asks for a promotion gets it."""
    while not story.run_into(HoldKind.PAUSE).has_ended:
        promote(story.service, story.rollout_id, ANA, story.world.ports)
        story.step()
    return story


def walk(story: Story, transitions: int) -> None:
    for _ in range(transitions):
        if story.holds is HoldKind.PAUSE:
            promote(story.service, story.rollout_id, ANA, story.world.ports)
        story.step()


def moments(*paces: bool) -> list[tuple[str, bool, int]]:
    """Each transition of each good rollout, on an AWS that does everything at once, or takes its time."""
    return [
        (name, slow, moment)
        for name, slow in product(STORIES, paces or (False, True))
        for moment in range(len(promoted(begun(name, slow=slow)).visited))
    ]


def raised_at(place: int, error: BaseException) -> Callable[[Write], None]:
    """Raises once, at the n-th write."""
    count = iter(range(10_000))

    def fault(write: Write) -> None:
        if next(count) == place:
            raise error

    return fault


def always(error: Exception) -> Callable[[Write], None]:
    """Raises at every write."""

    def fault(write: Write) -> None:
        raise error

    return fault


def once(error: Exception, then: Callable[..., Any]) -> Callable[..., Any]:
    """Raises the first time, and does as always afterwards."""
    errors = [error]

    def call(*args: object) -> Any:
        if errors:
            raise errors.pop()
        return then(*args)

    return call
