"""From a strategy to ordered, absolute steps, and from steps to the AWS writes that they will make. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import assert_never

from signalbox.rollouts.decisions.provision import decide_provision
from signalbox.rollouts.decisions.replace import decide_replace
from signalbox.rollouts.decisions.retire import decide_retire
from signalbox.rollouts.decisions.shift import decide_shift
from signalbox.rollouts.estate import Group
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.scene import Decision, Scene, part, settled
from signalbox.rollouts.service import Guards, Strategy
from signalbox.rollouts.strategies.drafts import Fleet, numbered
from signalbox.rollouts.strategies.free import free
from signalbox.rollouts.strategies.presets import PRESETS
from signalbox.rollouts.writes import Write

WATCHING = (StepKind.BAKE, StepKind.ANALYSE, StepKind.PAUSE)
MOST_ROUNDS = 10_000  # decisions per step before a plan is given up as endless


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """One write of a plan, with the index of the step that makes it."""

    step: int
    write: Write


def compile_steps(
    strategy: Strategy, guards: Guards, stable: Group, *, fast: bool = False
) -> tuple[Step, ...]:
    """The plan of a valid strategy on the fleet as it is now; `fast` goes to its end without watching."""
    floor = 100 if guards.min_healthy_percent is None else guards.min_healthy_percent
    fleet = Fleet(size=stable.desired, floor=part(floor, stable.desired))
    if strategy.steps is not None:
        steps = free(strategy.steps)
    else:
        steps = PRESETS[strategy.preset or "canary"].steps(strategy, fleet)
    return numbered(_fast_tracked(steps) if fast else steps)


def _fast_tracked(steps: list[Step]) -> list[Step]:
    """The last step of each kind that acts: no hold, no share or part in between."""
    last = {step.kind: step for step in steps if step.kind not in WATCHING}
    return [step for step in steps if last.get(step.kind) is step]


def is_there(version: str, serving: str, stable: Group) -> bool:
    """Whether there is nothing to do: the group is at the version, and so is each of its instances."""
    serve = {i.version for i in stable.present}
    return version == serving and serve == {stable.resolved_version}


def provisioned_by(steps: tuple[Step, ...], index: int) -> Step:
    """The step that sized the candidate for step `index`; a plan that provisions nothing has an empty one."""
    before = [step for step in steps[: index + 1] if step.kind is StepKind.PROVISION]
    return before[-1] if before else Step(index=0, kind=StepKind.PROVISION, name="none", count=0)


def decide_step(scene: Scene, steps: tuple[Step, ...], index: int) -> Decision:
    """The decision of one step; holds decide nothing."""
    step = steps[index]
    match step.kind:
        case StepKind.PROVISION:
            return decide_provision(scene, step)
        case StepKind.SHIFT:
            return decide_shift(scene, step, provisioned_by(steps, index))
        case StepKind.REPLACE:
            return decide_replace(scene, step)
        case StepKind.RETIRE:
            return decide_retire(scene)
        case StepKind.BAKE | StepKind.ANALYSE | StepKind.PAUSE:
            return settled(step.name)
        case _:
            assert_never(step.kind)


def planned_writes(scene: Scene, steps: tuple[Step, ...]) -> tuple[PlannedWrite, ...]:
    """Every write of the plan, in order: the steps' own decisions over predicted observations."""
    planned: list[PlannedWrite] = []
    for step in steps:
        for decision, after in islice(rounds(scene, steps, step.index), MOST_ROUNDS):
            planned += [PlannedWrite(step=step.index, write=write) for write in decision.writes]
            scene = after
    return tuple(planned)


def never_settles(scene: Scene, steps: tuple[Step, ...]) -> str | None:
    """The step that would wait for ever, though AWS did all at once, and for what; None when all settle."""
    for step in steps:
        for _, after in islice(rounds(scene, steps, step.index), MOST_ROUNDS):
            scene = after
        ending = decide_step(scene, steps, step.index)
        if not ending.settled:
            return f"step {step.name} would never settle: {ending.reason}"
    return None


def rounds(scene: Scene, steps: tuple[Step, ...], index: int) -> Iterator[tuple[Decision, Scene]]:
    """What one step writes, round by round, each with the scene that it leads to."""
    decision = decide_step(scene, steps, index)
    while decision.writes:
        scene = scene.looking_at(predicted(scene.estate, decision.writes))
        yield decision, scene
        decision = decide_step(scene, steps, index)
