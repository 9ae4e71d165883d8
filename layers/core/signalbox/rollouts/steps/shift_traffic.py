"""Task `ShiftTraffic`: every rule at the wanted share."""

from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.steps.acting import act
from signalbox.rollouts.steps.command import StepCommand


def shift_traffic(command: StepCommand, ports: Ports) -> Progress:
    """Settled when every rule shows the wanted share."""
    return act(command, ports)
