"""Free steps: the user's own list, taken as it is."""

from typing import assert_never

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Analyse, Bake, Pause, Provision, Replace, Retire, Shift, StepSpec
from signalbox.rollouts.strategies import drafts

Action = Provision | Shift | Replace | Bake | Analyse | Pause | Retire


def actions_of(spec: StepSpec) -> list[Action]:
    """The fields that are given; a valid step has exactly one."""
    fields: list[Action | None] = [
        spec.provision,
        spec.shift,
        spec.replace,
        spec.bake,
        spec.analyse,
        spec.pause,
        spec.retire,
    ]
    return [action for action in fields if action is not None]


def free(specs: tuple[StepSpec, ...]) -> list[Step]:
    """One step for each entry."""
    return [_step(action) for spec in specs for action in actions_of(spec)]


def _step(action: Action) -> Step:  # noqa: PLR0911 - one for each kind
    match action:
        case Provision(percent=percent, count=count):
            return drafts.provision(percent=percent, count=count)
        case Shift(percent=percent):
            return drafts.shift(percent)
        case Replace(percent=percent, batch=batch, batch_count=batch_count):
            return drafts.replace_batches(percent, batch=batch, batch_count=batch_count)
        case Bake(for_=duration):
            return drafts.bake(duration)
        case Analyse(experiment=experiment):
            return drafts.analyse(experiment)
        case Pause():
            return drafts.pause()
        case Retire():
            return drafts.retire()
        case _:
            assert_never(action)
