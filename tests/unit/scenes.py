"""Scenes in the middle of a rollout, for single decisions."""

from dataclasses import replace

from signalbox.rollouts.decisions.provision import decide_provision
from signalbox.rollouts.decisions.replace import decide_replace
from signalbox.rollouts.estate import Group, Instance, Placement
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.scene import Decision, Scene
from signalbox.rollouts.strategies.drafts import provision, replace_batches
from signalbox.rollouts.writes import copy_group
from tests.unit.builders import (
    BLUE,
    ROLLOUT,
    group,
    healthy,
    instances,
    scene,
    survey,
)

ALL = provision(percent=100)


def at(before: Scene, **estate: object) -> Scene:
    """The same scene with other things to be seen."""
    return before.looking_at(replace(before.estate, **estate))  # type: ignore[arg-type]


def ready(placement: Placement = Placement.SLOT, *, size: int = 4) -> Scene:
    """Provisioned, and nothing shifted."""
    before = scene(placement, version="2")
    for _ in range(9):
        decision = decide_provision(before, provision(count=size))
        if decision.settled:
            return before
        before = before.looking_at(predicted(before.estate, decision.writes))
    raise AssertionError(decision.reason)


def candidate(of: Scene) -> Group:
    assert of.estate.candidate is not None
    return of.estate.candidate


def operations(decision: Decision | None) -> list[str]:
    return [] if decision is None else [write.operation for write in decision.writes]


def healthy_but(here: Scene, *ill: Instance) -> Scene:
    states = healthy(here.estate).health
    health = {
        arn: {i: s for i, s in of.items() if i not in {x.id for x in ill}} for arn, of in states.items()
    }
    return at(here, health=health)


def weights_of(decision: Decision) -> dict[str, int]:
    actions = decision.writes[0].parameters["Actions"]
    assert isinstance(actions, list)
    return weights(actions)


def replacing(size: int = 4, *, surge: int = 1, batch: int = 25, new: int = 0) -> tuple[Scene, Decision]:
    """A group that launches version 2, with some of it there already."""
    before = scene(version="2", found=survey(groups={"blue": group(size=size)}))
    blue = replace(
        before.estate.stable,
        template_version="2",
        resolved_version="2",
        min=size,
        instances=(*instances("2", new, "new"), *before.estate.stable.instances[new:]),
    )
    beside = copy_group(blue, name="c", target_group=BLUE, version="2", size=surge, rollout_id=ROLLOUT)
    estate = replace(before.estate, stable=blue, health={})
    here = before.looking_at(healthy(predicted(estate, [beside]) if surge else estate))
    return here, decide_replace(here, replace_batches(100, batch))


def leaving(decision: Decision) -> int:
    return sum("InstanceId" in write.parameters for write in decision.writes)
