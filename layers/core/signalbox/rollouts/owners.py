"""What an owner or a scheduled action sets while a rollout runs: its end must not take it back. Pure.

Sizes, and all of a DNS record but its weight, go into the snapshot, which is what every ending returns to;
what the rollout itself writes does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from signalbox.rollouts.decisions.scaling import is_handed_over
from signalbox.rollouts.drift import own
from signalbox.rollouts.estate import Estate, Group, Placement, Rule
from signalbox.rollouts.model import Step
from signalbox.rollouts.scene import Scene


def taken_over(
    ours: Sequence[Estate], scene: Scene, steps: tuple[Step, ...], index: int, *, past_return: bool = False
) -> Estate:
    """The snapshot with each minimum and maximum that is neither what we last wrote or saw, nor what step
    `index` writes on its way, be it in another delivery. `ours` begins with what was seen last."""
    if _same_sizes(ours[0], scene.estate):
        return scene.snapshot
    return _taken_over((*ours, *own(ours[0], scene, steps, index)), scene, past_return=past_return)


def _taken_over(good: Sequence[Estate], scene: Scene, *, past_return: bool) -> Estate:
    """A copy that has all of the traffic scales for its original: what is set there is meant for that. The
    old slot has nobody to scale for once it is being emptied."""
    snapshot, found = scene.snapshot, scene.estate
    stable, candidate = snapshot.stable, snapshot.candidate
    if not (past_return and scene.layout.placement is Placement.SLOT):
        stable = _with_sizes(stable, found.stable, [estate.stable for estate in good])
    theirs = [estate.candidate for estate in good if estate.candidate is not None]
    if scene.layout.placement is Placement.SLOT and candidate is not None:
        candidate = _with_sizes(candidate, found.candidate, theirs)
    if scene.layout.placement is Placement.COPY and is_handed_over(scene):
        stable = _with_sizes(stable, found.candidate, theirs)
    return replace(snapshot, stable=stable, candidate=candidate)


def taken_over_on_the_way_back(expected: Estate, scene: Scene, room: int) -> Estate:
    """The same while Restore writes: a value is its own that is as in the snapshot, or what a slot or a copy
    that is emptied gets, or the maximum `room`, with which both versions have room on stable."""
    snapshot, found = scene.snapshot, scene.estate
    stable, candidate, placement = snapshot.stable, snapshot.candidate, scene.layout.placement
    widened = [replace(stable, max=room)] if room else []
    stable = _with_sizes(stable, found.stable, [expected.stable, stable, *widened])
    last = expected.candidate
    if placement is Placement.SLOT and candidate is not None and last is not None:
        emptied = replace(candidate, min=min(candidate.min, candidate.desired))
        candidate = _with_sizes(candidate, found.candidate, [last, candidate, emptied])
    if placement is Placement.COPY and is_handed_over(scene) and last is not None:
        stable = _with_sizes(stable, found.candidate, [last, replace(last, min=0, max=0)])
    return replace(snapshot, stable=stable, candidate=candidate)


def with_records(snapshot: Estate, found: Estate) -> Estate:
    """The snapshot with what its records of names say now, but for their weights: a rollout writes nothing
    else of them."""
    now = {rule.arn: rule for rule in found.rules}
    rules = tuple(_with_records(rule, now[rule.arn]) if rule.arn in now else rule for rule in snapshot.rules)
    return replace(snapshot, rules=rules)


def _with_records(before: Rule, now: Rule) -> Rule:
    records = {
        side: {**now.records.get(side, record), "Weight": record["Weight"]}
        for side, record in before.records.items()
    }
    return replace(before, records=records)


def _same_sizes(one: Estate, other: Estate) -> bool:
    return _sizes(one.stable) == _sizes(other.stable) and _sizes(one.candidate) == _sizes(other.candidate)


def _sizes(group: Group | None) -> tuple[int, int] | None:
    return (group.min, group.max) if group else None


def _with_sizes(before: Group, now: Group | None, good: Iterable[Group]) -> Group:
    """Of a group that should return to `before`. A maximum below the size that it had lowers that, too."""
    known = list(good)
    if now is None or not known:
        return before
    foreign = {name for name in ("min", "max") if getattr(now, name) not in {getattr(g, name) for g in known}}
    low, most = (getattr(now if name in foreign else before, name) for name in ("min", "max"))
    told = tuple(sorted({*before.set_meanwhile, *foreign}))
    return replace(
        before, min=min(low, most), max=most, desired=min(before.desired, most), set_meanwhile=told
    )
