"""Task `ShiftTraffic` of the rollout machine."""

from signalbox.entrypoint import task
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.shift_traffic import shift_traffic
from signalbox.wiring import ports


@task(StepCommand)
def handler(command: StepCommand) -> Progress:
    """Every rule at the wanted share."""
    return shift_traffic(command, ports())
