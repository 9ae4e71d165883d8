"""Task `Analyse` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.analyse import analyse
from signalbox.rollouts.steps.command import StepCommand
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> Progress:
    """One look at an experiment."""
    return analyse(command, ports())
