"""Task `Hold`: store the token where every signal finds it, or answer at once when one is there already."""

from dataclasses import dataclass

from signalbox.kernel.errors import Conflict
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress, State
from signalbox.rollouts.signals import leave, stands_in_the_way
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.conclusion import promoted_by_hand
from signalbox.rollouts.steps.turn import Turn, hold_of, save, take_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCommand:
    """Ids, the wait that begins, and the token that ends it."""

    service: str
    rollout_id: str
    generation: int
    progress: Progress
    task_token: str
    step: int = 0
    attempt: int = 0


def hold(command: HoldCommand, ports: Ports) -> None:
    """Either the token is stored, and the wait goes on, or it is answered now."""
    turn = take_turn(_as_step(command), ports, "Hold")
    if command.generation != turn.rollout.generation or turn.rollout.phase.is_terminal:
        ports.executions.wake(command.task_token, Progress(next=State.CONTINUED))
        return
    if stands_in_the_way(turn.signals, command.progress, turn.now) is None:
        turn = _told(turn, command.progress, ports)
        if ports.latches.hold(turn.signals, command.task_token, command.progress):
            return
    _answer(turn, command, ports)


def _as_step(command: HoldCommand) -> StepCommand:
    return StepCommand(
        service=command.service,
        rollout_id=command.rollout_id,
        generation=command.generation,
        step=command.progress.step,
        attempt=command.progress.attempt,
    )


def _told(turn: Turn, progress: Progress, ports: Ports) -> Turn:
    """A hold that people wait for is a phase of its own; settling is part of the step."""
    if progress.kind is HoldKind.SETTLING:
        return turn
    if turn.rollout.step != progress.step or turn.rollout.step_began_at is None:
        step = turn.rollout.steps[progress.step]
        turn = promoted_by_hand(turn).change(step=progress.step, step_began_at=turn.now)
        turn = turn.remember("Step Started", step.name, step=step.index, kind=str(step.kind))
    wait = hold_of(progress)
    turn = turn.enter_phase(Phase.HOLDING, "Rollout Held", wait.reason, kind=str(wait.kind), until=wait.until)
    return save(turn.change(hold=wait), ports)


def _answer(turn: Turn, command: HoldCommand, ports: Ports) -> None:
    signals = ports.latches.get(command.rollout_id)
    if signals is None:
        raise Conflict("the rollout has been closed")
    steps = turn.rollout.steps
    ports.executions.wake(command.task_token, leave(signals, command.progress, steps, turn.now))
