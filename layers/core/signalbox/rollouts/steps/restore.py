"""Task `Restore`: back to the snapshot, from whatever step was reached, until it is seen to be so."""

import json
from collections.abc import Sequence
from dataclasses import replace

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import NotFound, Rejected, Transient
from signalbox.kernel.events import ENGINE, Event
from signalbox.rollouts.decisions.restore import (
    decide_restore,
    serves_as_before,
    stable_rebuilt,
    traffic_back,
)
from signalbox.rollouts.dns import ttl
from signalbox.rollouts.model import Outcome, Phase, Split, Stop, StopKind
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress, State, ended, settle
from signalbox.rollouts.scene import Decision, Scene
from signalbox.rollouts.steps.arrival import go_on, wait_for
from signalbox.rollouts.steps.closing import close, remove_copies
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.given_up import looked_after
from signalbox.rollouts.steps.others import with_theirs, with_theirs_on_the_way_back
from signalbox.rollouts.steps.propagation import doubted, followed, foreseen, insisted, told
from signalbox.rollouts.steps.sight import look, split_of
from signalbox.rollouts.steps.turn import MOST_TURNS, Turn, keep, publish, save, take_turn
from signalbox.rollouts.writes import Write

MOST_ROUNDS = 16


def restore(command: StepCommand, ports: Ports) -> Progress:
    """Raises Transient for as long as AWS is unclear: the machine asks again without end."""
    try:
        turn = take_turn(command, ports, "Restore", telling=False)
    except NotFound:
        return Progress(next=State.CONTINUED)  # an execution of nothing: there is nothing to restore
    rollout = turn.rollout
    if command.generation != rollout.generation or rollout.turns > MOST_TURNS:
        return Progress(next=State.CONTINUED)
    if rollout.phase.is_terminal or rollout.past_return:
        publish(rollout, ports)
        return _onward(turn, command)
    turn = _turned_back(turn, command)
    if rollout.snapshot is None or not rollout.touched:
        return close(turn, Phase.CANCELLED, ports)
    return _restored(turn, command, ports)


def _onward(turn: Turn, command: StepCommand) -> Progress:
    """There is nothing to bring back: it has ended, or can only go on."""
    rollout = turn.rollout
    return ended(rollout.phase) if rollout.phase.is_terminal else go_on(rollout, turn.now, command.failure)


def _asked(turn: Turn) -> bool:
    return turn.rollout.stop is not None and turn.rollout.stop.kind is StopKind.ABORT


def _turned_back(turn: Turn, command: StepCommand) -> Turn:
    """The first turn says why; the hold and its token are over."""
    stop = turn.signals.stop or turn.rollout.stop or _failure(turn, command)
    if turn.rollout.phase is not Phase.ROLLING_BACK:
        clocks = replace(turn.rollout.clocks, detected_at=stop.at)
        turn = turn.change(
            stop=stop, clocks=clocks, hold=None, wanted=Split(), waits_for="", waits_since=None
        )
        turn = doubted(looked_after(turn, command.failure))
        turn = turn.enter_phase(Phase.ROLLING_BACK, "Rollback Started", stop.reason, **stop.evidence)
    released = replace(turn.latch, release=True)
    if turn.rollout.layout.candidate_balancer:
        released = replace(released, restoring=())  # nobody may bring back a record that is about to go
    return replace(turn, latch=released)


def _failure(turn: Turn, command: StepCommand) -> Stop:
    reason = in_plain_words(command.failure or "the rollout was taken over by the reconciler")
    return Stop(kind=StopKind.BREACH, at=rfc3339(turn.now), actor=ENGINE, reason=reason)


def in_plain_words(failure: str) -> str:
    """What a function raised, out of `Name: {"errorMessage": …}` as Step Functions tells it."""
    name, _, cause = failure.partition(": ")
    try:
        told = json.loads(cause)
    except ValueError:
        return failure[:1000]
    message = told.get("errorMessage") if isinstance(told, dict) else None
    return f"{name}: {message}"[:1000] if message else failure[:1000]


def _restored(turn: Turn, command: StepCommand, ports: Ports) -> Progress:
    try:
        turn, scene, decision = _converge(turn, ports)
        if decision.settled:
            remove_copies(turn.rollout, ports)
    except Rejected as refusal:
        return _stuck(command, refusal, ports)
    if decision.settled:
        return close(turn, Phase.ABORTED if _asked(turn) else Phase.ROLLED_BACK, ports)
    turn, seconds = wait_for(followed(turn, ports), decision)
    save(turn, ports)
    here = Progress(next=State.RESTORE, step=turn.rollout.step, attempt=command.attempt)
    return settle(here, turn.now, seconds, decision)


def _converge(turn: Turn, ports: Ports) -> tuple[Turn, Scene, Decision]:
    turn, scene = _first_look(turn, ports)
    decision = insisted(turn, scene, decide_restore(scene))
    written: tuple[Write, ...] = ()
    left = MOST_ROUNDS
    while decision.writes and decision.writes != written and left:
        turn = _intend(turn, scene, decision.writes, ports, first=left == MOST_ROUNDS)
        changes = [_apply(write, turn, ports) for write in decision.writes]
        written, left = decision.writes, left - 1
        turn = told(_acted(turn, scene, ports), decision.writes, changes)
        turn, scene = _look(turn, ports)
        decision = decide_restore(scene)
    return turn, scene, decision


def _intend(turn: Turn, scene: Scene, writes: Sequence[Write], ports: Ports, *, first: bool) -> Turn:
    """What must be known before the first write, and before stable gets another maximum: it is our own. The
    bus is told when traffic is back: it must not stand in the way."""
    most = max((size for write in writes if (size := _room(write, scene)) is not None), default=0)
    if most:
        turn = turn.change(room=most)
    return keep(foreseen(turn, writes), ports) if first or most else turn


def _room(write: Write, scene: Scene) -> int | None:
    size = write.parameters.get("MaxSize") if write.resource == scene.estate.stable.name else None
    return size if isinstance(size, int) and size > scene.snapshot.stable.max else None


def _apply(write: Write, turn: Turn, ports: Ports) -> str | None:
    """A refusal is one when it is still wanted: the restore of an execution that was given up, and goes on
    all the same, may have been faster."""
    try:
        return ports.writer.apply(write)
    except Rejected as refusal:
        _, scene = _look(turn, ports)
        if write in decide_restore(scene).writes:
            raise
        raise Transient(f"{refusal}; it is not wanted any more") from refusal


def _first_look(turn: Turn, ports: Ports) -> tuple[Turn, Scene]:
    """While AWS does not answer it is known all the same that the rollout goes back, and since when: people
    are paged by that, and nobody takes it for one that waits. The first time nothing has been restored so
    far: sizes are held against what the step writes, from then on against what Restore does."""
    try:
        scene = look(turn.rollout, turn.now, ports)
    except Transient:
        if turn.events:
            keep(turn, ports)
        raise
    if turn.rollout.returning:
        turn, scene = with_theirs_on_the_way_back(turn, scene)
    else:
        turn, scene = with_theirs(turn, scene)
        turn = turn.change(returning=True)
    return _seen(turn, scene, ports), scene


def _look(turn: Turn, ports: Ports) -> tuple[Turn, Scene]:
    turn, scene = with_theirs_on_the_way_back(turn, look(turn.rollout, turn.now, ports))
    return _seen(turn, scene, ports), scene


def _acted(turn: Turn, before: Scene, ports: Ports) -> Turn:
    """The second clock stops with the first write that brought traffic back or, where instances had been
    replaced, what is to serve it."""
    brings_back = traffic_back(before) or stable_rebuilt(before)
    if turn.rollout.clocks.acted_at is not None or brings_back is None:
        return turn
    return turn.change(clocks=replace(turn.rollout.clocks, acted_at=rfc3339(ports.clock())))


def _seen(turn: Turn, scene: Scene, ports: Ports) -> Turn:
    """The third clock stops with the first read-back that shows stable serving; by then it is known whether
    the alarm's own function had brought traffic back."""
    turn = turn.change(actual=split_of(scene), expected=scene.estate.settings())
    clocks = turn.rollout.clocks
    followed_by_most = scene.lag <= ttl(scene.estate.rules)
    if clocks.restored_at is not None or not serves_as_before(scene) or not followed_by_most:
        return turn
    seen_at = ports.clock()
    signals = ports.latches.get(turn.rollout.rollout_id)
    acted_at = clocks.acted_at or (signals.acted_at if signals else None)
    turn = turn.change(clocks=replace(clocks, acted_at=acted_at, restored_at=rfc3339(seen_at)))
    split = turn.rollout.actual
    restored = Event(
        type="Traffic Restored",
        at=seen_at,
        actor=ENGINE,
        reason="stable serves again",
        data={"stable": split.stable, "candidate": split.candidate},
    )
    return replace(turn, events=(*turn.events, restored))


def _stuck(command: StepCommand, refusal: Rejected, ports: Ports) -> Progress:
    """Locks are kept: nobody else may touch what is half restored. `retry` runs Restore again."""
    turn = _turned_back(
        take_turn(command, ports, "Restore", telling=False), command
    )  # anew: something was saved before the refusal
    turn = turn.change(outcome=Outcome(reason=str(refusal)), ended_at=turn.now)
    save(turn.enter_phase(Phase.STUCK, "Rollout Stuck", str(refusal)), ports)
    return replace(ended(Phase.STUCK), failure=str(refusal))
