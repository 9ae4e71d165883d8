"""Task `ReplaceBatch`: stable instances give way to the new version."""

from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.acting import act
from signalbox.rollouts.steps.command import StepCommand


def replace_batch(command: StepCommand, ports: Ports) -> Progress:
    """Settled when the wanted part of the group runs the new version and is healthy."""
    return act(command, ports)
