"""Task `Hold` of the rollout machine, and of every state that settles."""

from signalbox.entrypoint import task
from signalbox.rollouts.steps.hold import HoldCommand, hold
from signalbox.wiring import ports


@task(HoldCommand)
def handler(command: HoldCommand) -> None:
    """Store the token where every signal finds it."""
    hold(command, ports())
