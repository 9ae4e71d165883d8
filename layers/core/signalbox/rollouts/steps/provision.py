"""Task `Provision`: candidate capacity, launched and healthy."""

from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.acting import act
from signalbox.rollouts.steps.command import StepCommand


def provision(command: StepCommand, ports: Ports) -> Progress:
    """Settled when as many candidate instances as wanted are healthy where they will serve."""
    return act(command, ports)
