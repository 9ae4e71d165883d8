"""Task `Provision` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.provision import provision
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> Progress:
    """Candidate capacity, launched and healthy."""
    return provision(command, ports())
