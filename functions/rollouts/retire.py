"""Task `Retire` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.retire import retire
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> Progress:
    """What is no longer needed goes."""
    return retire(command, ports())
