"""What a rollout leaves: one ending, nothing of its own, and the owner's things as the ending says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.responses import get_backend

from signalbox.rollouts.record import Rollout
from tests.simulation.backend import Backend, Weights
from tests.simulation.observer import Names, Watch
from tests.timelines import TERMINAL, first_break

if TYPE_CHECKING:
    from tests.simulation.part import Part

LEFT_BEHIND = ("LOCK#", "ALARM#", "ROLLOUT#", "OPEN")
MOST_HISTORY, MOST_PAYLOAD, MOST_ITEM = 20_000, 262_144, 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPicture:
    """An Auto Scaling group without what moves by itself."""

    min: int
    max: int
    desired: int
    version: str
    suspended: tuple[str, ...]
    target_groups: tuple[str, ...]
    launches: str
    images: tuple[str, ...]
    has_pool: bool
    belongings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The estate of an owner. `shapes` is what is said of rules and records beside their weights; `images`
    are those of launch template versions."""

    names: Names
    groups: dict[str, GroupPicture]
    rules: dict[str, Weights]
    shapes: dict[str, str]
    images: dict[tuple[str, int], str]

    def loaded(self, watch: Watch) -> set[str]:
        """The target groups of a target that have weight."""
        return {arn for ref in watch.target.references for arn, w in self.rules.get(ref, {}).items() if w}


def picture(backend: Backend) -> Picture:
    """As it is now."""
    return Picture(
        names=Names.of(backend),
        groups={name: _group(group, backend) for name, group in backend.groups().items()},
        rules=backend.rules(),
        shapes=backend.shapes(),
        images=backend.template_images(),
    )


def _group(group: Any, backend: Backend) -> GroupPicture:
    return GroupPicture(
        min=int(group.min_size),
        max=int(group.max_size),
        desired=int(group.desired_capacity),
        version=str(group.launch_template_version),
        suspended=tuple(sorted(p["ProcessName"] for p in group.suspended_processes)),
        target_groups=tuple(group.target_group_arns),
        launches=str(group.image_id),
        images=tuple(sorted({state.instance.image_id for state in group.instance_states})),
        has_pool=group.warm_pool is not None,
        belongings=backend.belongings(group.name),
    )


def as_before(before: Picture, after: Picture, watch: Watch) -> Iterator[str]:
    """I7: field by field, but for what somebody else has set meanwhile."""
    for name in watch.target.groups:
        theirs = {(key, value) for group, key, value in watch.foreign if group == name}
        yield from _unlike(name, before.groups[name], after.groups.get(name), theirs)
    for arn in watch.target.references:
        yield from _weighed(arn, before.rules[arn], after, watch)


def as_promised(before: Picture, after: Picture, watch: Watch, image: str) -> Iterator[str]:
    """I7, of a success: the new version has all traffic, at the size that the old one had; whoever served
    before and does not serve any more is empty. All else is as it was. What owners set goes with the traffic
    from slot to slot."""
    (was,) = (group for group in before.groups.values() if {*group.target_groups} & before.loaded(watch))
    loaded, theirs = after.loaded(watch), {(key, value) for _, key, value in watch.foreign}
    for name in watch.target.groups:
        found = after.groups[name]
        own = replace(before.groups[name], version=found.version)
        if {*found.target_groups} & loaded:
            sized = replace(own, min=was.min, max=was.max, desired=was.desired)
            wanted = replace(sized, launches=image, images=(image,))
        else:
            wanted = replace(own, launches=found.launches, images=(), min=0, desired=0)
        yield from _unlike(name, wanted, found, theirs)
    for arn in watch.target.references:
        weights = {side: 100 if side in loaded else 0 for side in before.rules[arn]}
        yield from _weighed(arn, weights, after, watch)


def served(backend: Backend, watch: Watch, image: str) -> Iterator[str]:
    """I7: behind all that has traffic runs the version, healthy and at its size."""
    serving = [backend.images(arn) for arn in sorted(backend.loaded(watch.target.references))]
    if not serving or any(set(images) != {image} or len(images) < watch.size for images in serving):
        yield f"I7 behind the traffic run {serving} and not {watch.size} of {image}"


def _unlike(
    name: str, wanted: GroupPicture, found: GroupPicture | None, theirs: Collection[tuple[str, Hashable]]
) -> Iterator[str]:
    """Desired at least, where there is any, since scaling policies may have grown a group."""
    launched_by_others = any(key == "version" for key, _ in theirs)
    for key, value in asdict(wanted).items():
        now = getattr(found, key, None)
        grown = key == "desired" and value and isinstance(now, int) and now >= value
        excused = (key, now) in theirs or (launched_by_others and key in ("images", "launches"))
        if now != value and not grown and not excused:
            yield f"I7 {key} of {name} should be {value} and is {now}"


def _weighed(arn: str, wanted: Weights, after: Picture, watch: Watch) -> Iterator[str]:
    """Other weights than those are only somebody else's. A cookie beats a weight of 0: whoever is emptied
    leaves a rule that sticks."""
    now = after.rules.get(arn, {})
    if arn in watch.shaped:
        wanted = {side: weight for side, weight in wanted.items() if weight or side in now}
    if now != wanted and (arn, now) not in watch.weighed:
        yield f"I7 the weights should be {wanted} and are {now}"


def shaped(before: Picture, after: Picture, parts: Sequence[Part]) -> Iterator[str]:
    """I9: of rules and records Signalbox changes the weights, nothing else."""
    theirs = {arn for part in parts for arn in part.watch.shaped}
    for arn, shape in before.shapes.items():
        if after.shapes.get(arn) != shape and arn not in theirs:
            yield f"I9 {arn} was {shape} and is {after.shapes.get(arn)}"


def left_over(before: Picture, after: Picture, parts: Sequence[Part]) -> Iterator[str]:
    """I7: nothing that a rollout made is there, but a launch template version for each one that succeeded,
    what an outcome names, and what somebody else made."""
    rollouts = [rollout for part in parts for rollout in part.rollouts()]
    named = {name for rollout in rollouts for name in names_leftovers(rollout)}
    theirs = {name for part in parts for name in part.watch.made}
    won = Counter(rollout.version for rollout in rollouts if rollout.phase == "succeeded")
    for name in sorted(set(after.names.all()) - set(before.names.all()), key=str):
        if str(name) in theirs or any(text in str(name) for text in named):
            continue
        if isinstance(name, tuple) and won[after.images[name]]:
            won[after.images[name]] -= 1
        else:
            yield f"I7 {name} is left over"


def names_leftovers(rollout: Rollout) -> tuple[str, ...]:
    """What the outcome of a rollout itself says is left, for people to remove."""
    found = rollout.outcome.evidence.get("leftovers", []) if rollout.outcome else []
    assert isinstance(found, list)
    return tuple(found)


def traces(items: list[dict[str, Any]]) -> Iterator[str]:
    """I5: locks, watchers, latches, marks."""
    for item in items:
        if item["pk"].startswith(LEFT_BEHIND):
            yield f"I5 {item['pk']} {item['sk']} is left over"
        if len(json.dumps(item, default=str)) > MOST_ITEM:
            yield f"I10 {item['pk']} {item['sk']} is too large"


def told_once(entries: list[dict[str, Any]], on_bus: list[dict[str, Any]]) -> Iterator[str]:
    """I3, I6, I8 of one rollout: one ending, each entry told, in one unbroken chain."""
    endings = [entry["type"] for entry in entries if entry["type"] in TERMINAL]
    if endings != [entries[-1]["type"]]:
        yield f"I3 the endings are {endings} and the last entry is {entries[-1]['type']}"
    broken = first_break(entries)
    if broken is not None:
        yield f"I8 the chain breaks at {broken}"
    told = {event["detail"]["sequence"]: event["detail-type"] for event in on_bus}
    for entry in entries:
        if entry["public"] and told.get(entry["sequence"]) != entry["type"]:
            yield f"I6 the bus was not told of {entry['sequence']} {entry['type']}"
    types = [entry["type"] for entry in entries]
    for once in ("Rollout Requested", "Rollout Started"):
        if types.count(once) > 1:
            yield f"I6 {once} {types.count(once)} times"


def executions(account: str, region: str, been_stuck: Collection[str]) -> Iterator[str]:
    """I3, I10: none runs on, none has grown too long, none fails whose rollout was never stuck."""
    for machine in get_backend(account, region).state_machines:
        for execution in machine.executions:
            if execution.status == "RUNNING":
                yield f"I3 {execution.name} still runs"
            if execution.status == "FAILED" and execution.name.rpartition("-g")[0] not in been_stuck:
                yield f"I3 {execution.name} has failed ({execution.error}), but its rollout was never stuck"
            told = history(execution)
            if len(told) > MOST_HISTORY:
                yield f"I10 the history of {execution.name} is too long"
            if any(len(json.dumps(event, default=str)) > MOST_PAYLOAD for event in told):
                yield f"I10 an event of {execution.name} has too much in it"


def history(execution: Any) -> list[Any]:
    """The events of an execution."""
    worker = execution.exec_worker
    return list(worker.env.event_manager.get_event_history()) if worker else []
