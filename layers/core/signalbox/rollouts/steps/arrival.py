"""A step arrives: what was before is left, what it wants is told, and how long it waits for AWS."""

from dataclasses import replace
from datetime import datetime

from signalbox.kernel.durations import parse_duration
from signalbox.rollouts.decisions.provision import wanted_size
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.model import Phase, Split, Step, StepKind
from signalbox.rollouts.progress import Progress, State, arrive
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.scene import LONGEST_WAIT, Decision
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.conclusion import promoted_by_hand
from signalbox.rollouts.steps.turn import Turn

# How failures of tasks begin that the next try may not meet: AWS's faults, a function that died, a lost race.
PASSING = ("Transient", "Conflict", "Lambda.", "Runtime.", "Sandbox.", "States.Timeout")


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
    turn = promoted_by_hand(turn)
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


def is_overdue(rollout: Rollout, now: datetime) -> bool:
    """Whether the step has taken longer than it may."""
    began = rollout.step_began_at
    return began is not None and now - began > parse_duration(rollout.spec.guards.deadline)


def go_on(rollout: Rollout, now: datetime, failure: str | None = None) -> Progress:
    """Past the point of no return there is no way back: its step again, until AWS refuses or the step is
    overdue. Then it ends, and what is left over is named."""
    may_pass = failure is None or failure.startswith(PASSING)
    if may_pass and not is_overdue(rollout, now):
        return arrive(rollout.steps, rollout.step, now)
    return Progress(next=State.FINISH, step=rollout.step)
