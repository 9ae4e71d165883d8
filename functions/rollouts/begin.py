"""Task `Begin` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.begin import begin
from signalbox.rollouts.steps.command import StepCommand
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> Progress:
    """Snapshot, plan and guards; the first state to go to."""
    return begin(command, ports())
