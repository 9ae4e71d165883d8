"""Retire: what is no longer needed goes. Its first destructive write is the point of no return."""

from typing import assert_never

from signalbox.rollouts import forwarding
from signalbox.rollouts.decisions.pools import launching, refilled
from signalbox.rollouts.decisions.removal import emptied, remove_candidate
from signalbox.rollouts.decisions.restore import before_the_rollout
from signalbox.rollouts.decisions.scaling import handed_back
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.routing import forward
from signalbox.rollouts.scene import (
    Decision,
    Scene,
    settled,
    until_healthy,
    until_resolvers_follow,
    write,
)
from signalbox.rollouts.writes import set_group


def decide_retire(scene: Scene) -> Decision:
    """By placement: a slot's old side empties; an original converges, traffic returns, its copy goes."""
    match scene.layout.placement:
        case Placement.SLOT:
            return (
                _all_leave(scene)
                or until_resolvers_follow(scene)
                or emptied(scene.estate.stable, "the old slot empties", "old instances")
                or handed_back(scene)
                or _new_slot_settles(scene)
            )
        case Placement.COPY:
            return (
                _original_converges(scene)
                or _traffic_returns(scene)
                or until_resolvers_follow(scene)
                or handed_back(scene)
                or _rest(scene)
            )
        case Placement.BESIDE:
            return _rest(scene)
        case _:
            assert_never(scene.layout.placement)


def too_few_healthy(scene: Scene) -> str | None:
    """Why retiring must wait: what stays could not carry the traffic. None when it can."""
    match scene.layout.placement:
        case Placement.BESIDE:
            healthy, floor = len(scene.estate.healthy_stable), scene.floor
        case Placement.SLOT | Placement.COPY:
            healthy, floor = len(scene.estate.healthy_candidate), scene.floor
        case _:
            assert_never(scene.layout.placement)
    return None if healthy >= floor else f"{healthy} healthy instances would stay, the floor is {floor}"


def _all_leave(scene: Scene) -> Decision | None:
    """Nobody may be sent to what is about to be emptied, whatever share somebody else has set meanwhile."""
    stable, candidate = scene.layout.stable_target_group, str(scene.candidate_target_group)
    writes = [
        forward(rule, forwarding.with_share(rule.actions, stable, candidate, forwarding.WHOLE))
        for rule in scene.estate.rules
        if forwarding.may_get(rule.actions, stable)
    ]
    return write("all traffic leaves what goes", *writes) if writes else _sessions_end(scene)


def _sessions_end(scene: Scene) -> Decision | None:
    """A cookie beats a weight of 0: what is emptied leaves the sticky rules first, or its users would meet
    nobody there."""
    target_group = scene.layout.stable_target_group
    writes = [
        forward(rule, forwarding.without(rule.actions, target_group))
        for rule in scene.estate.rules
        if forwarding.is_sticky(rule.actions) and target_group in forwarding.weights(rule.actions)
    ]
    return write("sessions move to the new version", *writes) if writes else None


def _new_slot_settles(scene: Scene) -> Decision:
    new = scene.estate.candidate
    low, most = slot_sizes(scene)
    if new is not None and (new.min, new.max) != (low, most):
        changed = set_group(new, min_size=low, max_size=most if most != new.max else None)
        return write("the new slot may shrink again", changed)
    return settled("the old slot is empty", group=scene.layout.stable_group)


def slot_sizes(scene: Scene) -> tuple[int, int]:
    """Minimum and maximum of the slot that serves from now on: what its owner has set meanwhile. Otherwise
    the minimum of the one that served before, or its own where that is greater, and its own maximum, unless
    that leaves no room for what it has grown to."""
    new, stable, own = scene.estate.candidate, scene.snapshot.stable, scene.snapshot.candidate
    told = own.set_meanwhile if own else ()
    low = own.min if own and "min" in told else max(stable.min, own.min if own else 0)
    if own is not None and "max" in told:
        return min(low, own.max), own.max
    needed = max(low, new.desired if new else 0)
    if own is not None and own.max >= needed:
        return low, own.max
    return low, new.max if new else stable.max


def _original_converges(scene: Scene) -> Decision | None:
    original, version = scene.estate.stable, str(scene.candidate_version)
    if original.template_version != version:
        return write("the original launches the new version", *launching(original, version))
    if any(i.version != version for i in original.instances):
        return (
            _all_leave(scene)
            or until_resolvers_follow(scene)
            or emptied(original, "its old instances leave", "old instances")
        )
    return _grows_back(scene) or _original_is_healthy(scene)


def _grows_back(scene: Scene) -> Decision | None:
    """To the size of before, or what its copy has grown to; its sizes are those that the copy was given."""
    original, before, copy = scene.estate.stable, scene.snapshot.stable, scene.estate.candidate
    size = max(before.desired, before.min, original.desired, copy.desired if copy else 0)
    most = before.max if original.max != before.max else None
    if original.desired >= before.desired and original.min >= before.min and most is None:
        return None
    desired = min(size, before.max)
    return write("it grows back", set_group(original, min_size=before.min, max_size=most, desired=desired))


def _original_is_healthy(scene: Scene) -> Decision | None:
    original = scene.estate.stable
    healthy = len(scene.estate.healthy_stable)
    if healthy >= original.desired:
        return None
    reason = f"{healthy} of {original.desired} instances of the original are healthy"
    to_launch = original.desired - len(original.in_service)
    if to_launch <= 0 and (attachment := _attached_again(scene)):
        return attachment
    return until_healthy(reason, to_launch, scene.estate.stable_target_group.interval)


def _attached_again(scene: Scene) -> Decision | None:
    target_group = scene.layout.stable_target_group
    writes = [
        forward(rule, forwarding.attached(rule.actions, target_group))
        for rule in scene.estate.rules
        if target_group not in forwarding.weights(rule.actions)
    ]
    return write("the original at weight 0, so that its health is checked", *writes) if writes else None


def _traffic_returns(scene: Scene) -> Decision | None:
    before = {rule.arn: before_the_rollout(scene.layout, rule, scene.estate) for rule in scene.snapshot.rules}
    writes = [
        forward(before[rule.arn], before[rule.arn].actions)
        for rule in scene.estate.rules
        if not forwarding.same_forwarding(rule.actions, before[rule.arn].actions)
    ]
    return write("traffic returns to the original", *writes) if writes else None


def _rest(scene: Scene) -> Decision:
    removal = remove_candidate(scene)
    if removal is not None:
        return removal
    stable, before = scene.estate.stable, scene.snapshot.stable
    if stable.min != before.min:
        return write("the group may shrink again", set_group(stable, min_size=before.min))
    return refilled(stable, before) or settled(
        "the candidate group is gone", group=scene.layout.candidate_group
    )
