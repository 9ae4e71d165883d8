"""Task `Finish` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.finish import finish
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> None:
    """Disarmed, released, remembered."""
    finish(command, ports())
