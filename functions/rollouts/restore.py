"""Task `Restore` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.restore import restore
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> Progress:
    """Back to the snapshot."""
    return restore(command, ports())
