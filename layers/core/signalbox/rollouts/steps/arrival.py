"""A step arrives: what was before is left, what it wants is told, and how long it waits for AWS."""

from dataclasses import replace

from signalbox.rollouts.decisions.provision import wanted_size
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.model import Phase, Split, Step, StepKind
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.scene import LONGEST_WAIT, Decision
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.turn import Turn


def enter_step(turn: Turn, command: StepCommand) -> Turn:
    """Leave the hold or step before, and arrive at this one. Time spent in a pause does not count."""
    before = turn.rollout
    turn = turn.enter_phase(
        Phase.RUNNING, "Rollout Continued", f"step {command.step + 1} of {len(before.steps)}"
    )
    if before.hold is not None or turn.signals.token is not None:
        turn = replace(turn.change(hold=None), latch=replace(turn.latch, release=True))
    if before.step == command.step and before.step_began_at is not None:
        return turn.change(step_began_at=turn.now) if before.hold is not None else turn
    step = before.steps[command.step]
    arrived = turn.change(step=command.step, step_began_at=turn.now, wanted=_wanted(step, before))
    return arrived.remember("Step Started", step.name, step=command.step, kind=str(step.kind))


def _wanted(step: Step, rollout: Rollout) -> Split:
    """Shifting and replacing ask for a share, as new instances among stable's do; other steps leave it."""
    if step.kind is StepKind.PROVISION and rollout.layout.placement is Placement.BESIDE and rollout.snapshot:
        stable = rollout.snapshot.stable.desired
        beside = wanted_size(step, stable)
        share = round(100 * beside / ((stable + beside) or 1))
        return Split(stable=100 - share, candidate=share)
    if step.kind not in (StepKind.SHIFT, StepKind.REPLACE) or step.percent is None:
        return rollout.wanted
    return Split(stable=100 - step.percent, candidate=step.percent)


def wait_for(turn: Turn, decision: Decision) -> tuple[Turn, int]:
    """The turn that knows what it waits for, and the seconds until the next look: at least as long again as
    nothing has changed so far."""
    rollout = turn.rollout
    known = rollout.waits_for == decision.reason and rollout.waits_since is not None
    since = (rollout.waits_since if known else None) or turn.now
    seconds = min(LONGEST_WAIT, max(decision.look_again, int((turn.now - since).total_seconds())))
    return turn.change(waits_for=decision.reason, waits_since=since), seconds
