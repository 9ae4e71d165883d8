"""What Provision, ShiftTraffic, ReplaceBatch and Retire share: look, decide, write, read back, remember."""

from dataclasses import replace

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import ENGINE
from signalbox.rollouts.decisions.restore import compiled_writes
from signalbox.rollouts.decisions.retire import too_few_healthy
from signalbox.rollouts.estate import Alarm, Placement
from signalbox.rollouts.guards import breach
from signalbox.rollouts.model import StepKind, Stop, StopKind
from signalbox.rollouts.plan import decide_step
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress, arrive, back, pause, settle
from signalbox.rollouts.scene import Decision, Scene, part
from signalbox.rollouts.signals import Heard, Signals
from signalbox.rollouts.steps.arrival import enter_step, is_overdue, wait_for
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.given_up import looked_after
from signalbox.rollouts.steps.others import pause_for_others, with_theirs_after
from signalbox.rollouts.steps.propagation import arrived, followed, foreseen, insisted, told
from signalbox.rollouts.steps.sight import guard_names, look, split_of
from signalbox.rollouts.steps.turn import (
    LONGEST_STEP,
    Turn,
    is_stopped,
    keep,
    latch_of,
    out_of_turn,
    save,
    take_turn,
)
from signalbox.rollouts.writes import Write

MOST_ROUNDS = 12  # writes that wait for one another's ids in one turn
LONGEST_WRITING = LONGEST_STEP / 2  # then looks and the record have time enough before the function is ended
DONE = {
    StepKind.PROVISION: "Capacity Provisioned",
    StepKind.SHIFT: "Traffic Shifted",
    StepKind.REPLACE: "Instances Replaced",
    StepKind.RETIRE: "Capacity Retired",
}


def act(command: StepCommand, ports: Ports) -> Progress:
    """Take one step as far as AWS allows now. Running it twice changes nothing."""
    turn = take_turn(command, ports, "act")
    early = out_of_turn(turn, command)
    if early is not None:
        return early
    turn = enter_step(_with_lost_ones(turn, ports), command)
    scene = look(turn.rollout, turn.now, ports)
    danger = _danger(turn, scene, command, ports)
    if danger is not None:
        return go_back(turn, danger, ports)
    decision = insisted(turn, scene, decide_step(scene, turn.rollout.steps, command.step))
    foreign = pause_for_others(turn, scene, decision, command, ports)
    if foreign is not None:
        return foreign
    if decision.writes:
        turn, scene, decision = _write(turn, scene, decision, command, ports)
        signals = latch_of(turn, ports)
        if is_stopped(turn, signals):
            progress = _taken_back(signals, command, ports)
            save(turn.change(busy_until=None), ports)
            return progress
    return _conclude(turn, scene, decision, command, ports)


def _with_lost_ones(turn: Turn, ports: Ports) -> Turn:
    """Stored before anything can be refused: that would tell the end of this function, not of a lost one."""
    known = looked_after(turn)
    return known if known.rollout.lost_until in (None, turn.rollout.lost_until) else keep(known, ports)


def _danger(turn: Turn, scene: Scene, command: StepCommand, ports: Ports) -> Stop | None:
    """Guards are read again before traffic or capacity is touched: a lost event cannot pass."""
    rollout = turn.rollout
    kind = rollout.steps[command.step].kind
    if kind is StepKind.PROVISION or rollout.past_return:
        return None
    names = guard_names(rollout)
    red = breach(names, ports.estates.alarms(names))
    if red is not None:
        return breached(turn, *red)
    fresh = command.attempt == 0 and rollout.busy_until is None  # nothing of this step is under way
    unwell = _unwell(scene) if fresh else None
    return breached(turn, unwell, None) if unwell else None


def breached(turn: Turn, reason: str, alarm: Alarm | None) -> Stop:
    """A guard's reason to go back, with the alarm's own time where it has one."""
    at = alarm.updated_at if alarm and alarm.updated_at else rfc3339(turn.now)
    evidence: dict[str, object] = {"alarm": alarm.name} if alarm else {}
    return Stop(kind=StopKind.BREACH, at=at, actor=ENGINE, reason=reason, evidence=evidence)


def _unwell(scene: Scene) -> str | None:
    candidate = scene.estate.candidate
    if candidate is None:
        return None
    healthy, wanted = len(scene.estate.healthy_candidate), candidate.desired
    needed = part(scene.min_healthy_percent, wanted)
    return None if healthy >= needed else f"only {healthy} of {wanted} candidate instances are healthy"


def go_back(turn: Turn, stop: Stop, ports: Ports) -> Progress:
    """To Restore, with the reason on the latch; the first one stays."""
    heard = Heard(type="Guard Breached", at=stop.at, actor=stop.actor, reason=stop.reason, data=stop.evidence)
    ports.latches.stop(turn.rollout.rollout_id, stop, heard)
    return back(turn.rollout.step)


def _write(
    turn: Turn, scene: Scene, decision: Decision, command: StepCommand, ports: Ports
) -> tuple[Turn, Scene, Decision]:
    """Write, read back, decide again, until nothing is left to write now, or AWS does not show it yet.

    The latch is read before each write: what a breach has brought back must not look like work to be done.
    Of more than the function has time for, the rest is left for the next turn.
    """
    written: tuple[Write, ...] = ()
    left, until = MOST_ROUNDS, turn.now + LONGEST_WRITING
    while decision.writes and decision.writes != written and left and ports.clock() < until:
        turn = _intend(turn, scene, decision, command, ports)
        changes: list[str | None] = []
        for write in decision.writes:
            if is_stopped(turn, latch_of(turn, ports)):
                return turn, scene, decision
            changes.append(ports.writer.apply(write, once=True))
            if ports.clock() >= until:
                break
        written, left = decision.writes[: len(changes)], left - 1
        turn = told(turn, written, changes)
        turn, scene = with_theirs_after(turn, scene, written, look(turn.rollout, turn.now, ports))
        decision = decide_step(scene, turn.rollout.steps, command.step)
    return turn, scene, decision


def _intend(turn: Turn, scene: Scene, decision: Decision, command: StepCommand, ports: Ports) -> Turn:
    """What must be known before the first write: that it may happen, and how to take it back."""
    kind = turn.rollout.steps[command.step].kind
    rollout = turn.rollout
    rebuilding = rollout.rebuilding or kind is StepKind.REPLACE
    past = rollout.past_return or kind is StepKind.RETIRE
    busy_until = turn.now + LONGEST_STEP
    turn = foreseen(turn, decision.writes)
    if rollout.busy_until == busy_until and turn.rollout == rollout:
        return turn
    final = past and not rollout.past_return
    if final:
        _floor_or_conflict(scene)
        turn = turn.remember("Point Of No Return Passed", "what is retired cannot be brought back at once")
    turn = turn.change(
        touched=True,
        past_return=past,
        rebuilding=rebuilding,
        busy_until=busy_until,
        busy_generation=rollout.generation,
    )
    return save(
        replace(turn, latch=replace(turn.latch, instant=not (past or rebuilding), final=final)), ports
    )


def _floor_or_conflict(scene: Scene) -> None:
    too_few = too_few_healthy(scene)
    if too_few is not None:
        raise Conflict(too_few)


def _conclude(turn: Turn, scene: Scene, decision: Decision, command: StepCommand, ports: Ports) -> Progress:
    rollout = turn.rollout
    turn = followed(_observed(turn, scene), ports)
    decision = arrived(turn, decision)
    if decision.settled:
        return _advance(turn, decision, command, ports)
    if is_overdue(turn.rollout, turn.now):
        reason = f"step {rollout.steps[command.step].name} did not settle: {decision.reason}"
        save(turn, ports)
        return go_back(turn, breached(turn, reason, None), ports)
    turn, seconds = wait_for(turn, decision)
    save(turn, ports)
    here = arrive(rollout.steps, command.step, turn.now, attempt=command.attempt)
    return settle(here, turn.now, seconds, decision)


def _observed(turn: Turn, scene: Scene) -> Turn:
    turn = turn.change(actual=split_of(scene), expected=scene.estate.settings(), busy_until=None)
    grows = scene.layout.placement is Placement.BESIDE or scene.layout.candidate_balancer
    if grows and not turn.rollout.rebuilding:
        writes = compiled_writes(scene.layout, scene.snapshot, scene.estate)
        return replace(turn, latch=replace(turn.latch, restoring=writes))
    return turn


def _advance(turn: Turn, decision: Decision, command: StepCommand, ports: Ports) -> Progress:
    step = turn.rollout.steps[command.step]
    turn = turn.remember(DONE[step.kind], decision.reason, public=True, step=step.index, **decision.facts)
    turn = save(turn, ports)
    signals = latch_of(turn, ports)
    if is_stopped(turn, signals):
        return _taken_back(signals, command, ports)
    if signals.pausing:
        return pause(step.index, turn.now, then=step.index + 1, reason="paused", attempt=command.attempt + 1)
    # A bake counts from what has been read back: a turn may have waited long for an answer.
    return arrive(turn.rollout.steps, step.index + 1, ports.clock(), full=signals.full)


def _taken_back(signals: Signals, command: StepCommand, ports: Ports) -> Progress:
    """A breach came while the write was under way: what was written is taken back at once."""
    for write in signals.restoring if signals.instant else ():
        ports.writer.apply(write)
    return back(command.step)
