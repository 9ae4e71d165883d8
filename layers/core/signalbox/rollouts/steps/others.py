"""What somebody else has changed when a step looks: it is told, and the rollout waits for people."""

from collections.abc import Sequence
from dataclasses import replace

from signalbox.rollouts.decisions.restore import compiled_writes
from signalbox.rollouts.dns import is_dns
from signalbox.rollouts.drift import Drift, drifts, unnamed
from signalbox.rollouts.estate import Estate
from signalbox.rollouts.model import Phase, Propagation, StepKind
from signalbox.rollouts.owners import (
    taken_over,
    taken_over_on_the_way_back,
    with_records,
)
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.progress import Progress, arrive, back, pause
from signalbox.rollouts.scene import Decision, Scene
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.given_up import may_still_write
from signalbox.rollouts.steps.sight import split_of
from signalbox.rollouts.steps.turn import Turn, is_stopped, latch_of, save
from signalbox.rollouts.writes import Write


def pause_for_others(
    turn: Turn, scene: Scene, decision: Decision, command: StepCommand, ports: Ports
) -> Progress | None:
    """A pause: `resume` takes over, `abort` restores; None when nobody else has changed anything. Sizes that
    may move freely are remembered, and the step begins anew.

    What a breach has brought back meanwhile is not foreign.
    """
    found, why = _found(turn, scene, decision, command, ports)
    told, _ = with_theirs(turn, scene)
    if not found and told is turn:
        return None
    if is_stopped(turn, latch_of(turn, ports)):
        return back(command.step)
    turn = told.change(expected=scene.estate.settings(), actual=split_of(scene))
    if any(map(_is_on_its_way, found)):
        turn = turn.change(propagation=Propagation())
    if not found:
        save(turn, ports)
        return arrive(turn.rollout.steps, command.step, turn.now, attempt=command.attempt + 1)
    for drift in found:
        turn = turn.remember(
            "Drift Detected", f"{drift.resource}: {drift.field}", public=True, **drift.facts()
        )
    save(turn, ports)
    return pause(command.step, turn.now, then=command.step, reason=why, attempt=command.attempt + 1)


def _is_on_its_way(drift: Drift) -> bool:
    """Resolvers remember weights of a name that somebody else gave, too; nobody knows the id of that."""
    return drift.field == "weights" and bool(drift.found) and is_dns(drift.resource)


def with_theirs(turn: Turn, scene: Scene) -> tuple[Turn, Scene]:
    """The same, ending at the sizes that an owner or a scheduled action has set meanwhile, and at records
    that say what they say now; the same turn when nobody has changed any."""
    return _with_theirs(turn, scene, [turn.rollout.expected or scene.estate])


def with_theirs_after(turn: Turn, before: Scene, writes: Sequence[Write], scene: Scene) -> tuple[Turn, Scene]:
    """The same between two writes of one turn."""
    return _with_theirs(turn, scene, [before.estate, predicted(before.estate, writes)])


def _with_theirs(turn: Turn, scene: Scene, ours: Sequence[Estate]) -> tuple[Turn, Scene]:
    rollout = turn.rollout
    if may_still_write(rollout, turn.now):  # its sizes are nobody's
        return _ending_at(turn, scene, scene.snapshot)
    sized = taken_over(ours, scene, rollout.steps, rollout.step, past_return=rollout.past_return)
    return _ending_at(turn, scene, sized)


def with_theirs_on_the_way_back(turn: Turn, scene: Scene) -> tuple[Turn, Scene]:
    """The same while Restore writes. A step that was given up may write late: its sizes are no owner's, and
    nobody's are told from them then."""
    rollout = turn.rollout
    if rollout.expected is None or rollout.lost_until is not None:
        return _ending_at(turn, scene, scene.snapshot)
    return _ending_at(turn, scene, taken_over_on_the_way_back(rollout.expected, scene, rollout.room))


def _ending_at(turn: Turn, scene: Scene, sized: Estate) -> tuple[Turn, Scene]:
    snapshot = with_records(sized, scene.estate)
    if snapshot == scene.snapshot:
        return turn, scene
    if snapshot.rules != scene.snapshot.rules and turn.rollout.phase is not Phase.ROLLING_BACK:
        restoring = compiled_writes(scene.layout, snapshot, scene.estate)
        turn = replace(turn, latch=replace(turn.latch, restoring=restoring))
    return turn.change(snapshot=snapshot), replace(scene, snapshot=snapshot)


def _found(
    turn: Turn, scene: Scene, decision: Decision, command: StepCommand, ports: Ports
) -> tuple[Sequence[Drift], str]:
    rollout = turn.rollout
    changed = drifts(rollout.expected, scene, rollout.steps, command.step) if rollout.expected else ()
    if may_still_write(rollout, turn.now):
        changed = tuple(drift for drift in changed if drift.field != "min")
    if changed:
        fields = ", ".join(f"{drift.field} of {drift.resource}" for drift in changed)
        return changed, f"somebody else changed {fields}"
    sending = _unnamed(turn, scene, decision, command, ports)
    rules = ", ".join(drift.resource for drift in sending)
    return (
        sending,
        f"the service does not name {rules}, whose traffic nobody would serve: remove it, or abort",
    )


def _unnamed(
    turn: Turn, scene: Scene, decision: Decision, command: StepCommand, ports: Ports
) -> Sequence[Drift]:
    """Traffic is all of it: before something is emptied, rules are looked for that came since preflight."""
    kind = turn.rollout.steps[command.step].kind
    empties = kind is StepKind.RETIRE and bool(decision.writes) and not turn.rollout.past_return
    if not empties or not scene.has_own_target_group:
        return ()
    return unnamed(ports.estates.unnamed(turn.rollout.layout, scene.estate))
