"""Task `Finish`: the service is at the version that was asked for, or what a late failure left is named."""

from collections.abc import Sequence

from signalbox.kernel.errors import Conflict, Rejected
from signalbox.rollouts.decisions.retire import slot_sizes
from signalbox.rollouts.estate import Group, Placement
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.guards import breach
from signalbox.rollouts.model import Outcome, Phase
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.steps.closing import bid_farewell, close, remove_copies
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.others import with_theirs
from signalbox.rollouts.steps.sight import copies_of, guard_names, look, split_of
from signalbox.rollouts.steps.turn import Turn, take_turn


def finish(command: StepCommand, ports: Ports) -> None:
    """Ends `succeeded`. Raises Conflict when a guard says no and going back is still possible."""
    turn = take_turn(command, ports, "Finish")
    rollout = turn.rollout
    if rollout.phase.is_final:
        bid_farewell(rollout, ports)
    if rollout.phase.is_terminal:
        return
    if command.generation != rollout.generation:
        raise Conflict(f"generation {rollout.generation} has taken over")
    if not rollout.past_return:
        _check_guards(turn, ports)
    turn, left, unreached = _seen(turn, ports)
    close(turn, Phase.SUCCEEDED, ports, _outcome(turn, (*left, *_copies_left(turn, ports)), unreached))


def _seen(turn: Turn, ports: Ports) -> tuple[Turn, tuple[str, ...], tuple[str, ...]]:
    """Who has the traffic, what is left over, and which rules lead nobody to the first instances.

    Past the point of no return it ends also when AWS refuses to tell: going back is no answer to that.
    """
    try:
        scene = look(turn.rollout, turn.now, ports)
    except Rejected as refusal:
        if not turn.rollout.past_return:
            raise
        return turn, (f"what AWS did not let be seen ({refusal})",), ()
    turn, scene = with_theirs(turn, scene)
    unreached = _unreached(scene) if turn.rollout.first else ()
    return turn.change(actual=split_of(scene)), leftovers(scene), unreached


def _unreached(scene: Scene) -> tuple[str, ...]:
    stable = scene.layout.stable_target_group
    return tuple(rule.arn for rule in scene.estate.rules if not weights(rule.actions).get(stable))


def _check_guards(turn: Turn, ports: Ports) -> None:
    if turn.signals.stop is not None:
        raise Conflict(turn.signals.stop.reason)
    names = guard_names(turn.rollout)
    red = breach(names, ports.estates.alarms(names)) if names else None
    if red is not None:
        raise Conflict(red[0])


def _copies_left(turn: Turn, ports: Ports) -> tuple[str, ...]:
    try:
        remove_copies(turn.rollout, ports)
    except Rejected:
        return copies_of(turn.rollout)  # named, for people to remove: the service is where it should be
    return ()


def _outcome(turn: Turn, left: Sequence[str], unreached: Sequence[str]) -> Outcome:
    version, group = turn.rollout.version, turn.rollout.layout.stable_group
    if not turn.rollout.steps:
        return Outcome(reason=f"{version} already serves: nothing to do")
    if left:
        return Outcome(reason=f"completed; left over: {', '.join(left)}", evidence={"leftovers": list(left)})
    if unreached:
        rules = ", ".join(unreached)
        return Outcome(reason=f"{version} runs in {group}; nobody reaches it until it has weight in {rules}")
    return Outcome(reason=f"{version} serves all traffic")


def leftovers(scene: Scene) -> tuple[str, ...]:
    """What should be gone and is not, and what is not as it was before, by name."""
    estate, before = scene.estate, scene.snapshot.stable
    suspended = sorted(set(estate.stable.suspended) - set(before.suspended))
    still = tuple(f"{process} suspended on {estate.stable.name}" for process in suspended)
    if scene.layout.placement is Placement.SLOT:
        old = (estate.stable.name,) if estate.stable.instances else ()
        return (*old, *_sizes(estate.candidate, before, slot_sizes(scene)), *still)
    copy = estate.candidate_target_group if scene.has_own_target_group else None
    made = (estate.candidate, copy, estate.candidate_balancer)
    named = (thing.name for thing in made if thing is not None)
    return (*named, *_sizes(estate.stable, before, (before.min, before.max)), *still)


def _sizes(group: Group | None, before: Group, should: tuple[int, int]) -> tuple[str, ...]:
    """Of who serves: what this rollout wrote and did not write back. A desired capacity that scaling has
    moved is none of it, but one of 0 where there were instances."""
    if group is None:
        return ()
    wanted = before.desired if before.desired and not group.desired else group.desired
    pairs = (
        ("minimum", group.min, should[0]),
        ("maximum", group.max, should[1]),
        ("desired capacity", group.desired, wanted),
    )
    return tuple(
        f"{group.name} with a {what} of {now} instead of {then}" for what, now, then in pairs if now != then
    )
