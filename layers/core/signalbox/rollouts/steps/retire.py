"""Task `Retire`: what is no longer needed goes."""

from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.acting import act
from signalbox.rollouts.steps.command import StepCommand


def retire(command: StepCommand, ports: Ports) -> Progress:
    """Settled when it is gone. Its first write is the point of no return."""
    return act(command, ports)
