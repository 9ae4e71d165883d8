"""Task `ReplaceBatch` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.replace_batch import replace_batch
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> Progress:
    """Stable instances give way to the new version."""
    return replace_batch(command, ports())
