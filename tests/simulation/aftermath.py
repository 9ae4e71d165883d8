"""What a rollout leaves: one ending, nothing of its own, and the owner's things as the ending says."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
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
    images: tuple[str, ...]
    has_pool: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The estate of an owner."""

    names: Names
    groups: dict[str, GroupPicture]
    rules: dict[str, Weights]


def picture(backend: Backend) -> Picture:
    """As it is now."""
    return Picture(
        names=Names.of(backend),
        groups={name: _group(group) for name, group in backend.groups().items()},
        rules=backend.rules(),
    )


def _group(group: Any) -> GroupPicture:
    return GroupPicture(
        min=int(group.min_size),
        max=int(group.max_size),
        desired=int(group.desired_capacity),
        version=str(group.launch_template_version),
        suspended=tuple(sorted(p["ProcessName"] for p in group.suspended_processes)),
        target_groups=tuple(group.target_group_arns),
        images=tuple(sorted({state.instance.image_id for state in group.instance_states})),
        has_pool=group.warm_pool is not None,
    )


def as_before(before: Picture, after: Picture, watch: Watch) -> Iterator[str]:
    """I7: field by field, but for what somebody else has set meanwhile; desired at least, since scaling
    policies may have grown a group."""
    for name in watch.target.groups:
        group, found = before.groups[name], after.groups.get(name)
        if found is None or found.desired < group.desired:
            yield f"I7 {name} was {group} and is {found}"
            continue
        for key, value in asdict(group).items():
            now = getattr(found, key)
            if key == "images" and any(theirs[1] == "version" for theirs in watch.foreign):
                continue  # what somebody else launched there stays
            if key != "desired" and now != value and (name, key, now) not in watch.foreign:
                yield f"I7 {key} of {name} was {value} and is {now}"
    for arn in watch.target.references:
        if after.rules.get(arn) != before.rules[arn] and (arn, "rules", None) not in watch.foreign:
            yield f"I7 the weights were {before.rules[arn]} and are {after.rules.get(arn)}"


def at_version(after: Picture, backend: Backend, watch: Watch, image: str) -> Iterator[str]:
    """What a success promises: the new version has all traffic, at its size."""
    served = [backend.images(arn) for arn in sorted(backend.loaded(watch.target.references))]
    if not served or any(set(images) != {image} or len(images) < watch.size for images in served):
        yield f"I7 behind the traffic run {served} and not {watch.size} of {image}"
    for name in watch.target.groups:
        if name in after.groups and after.groups[name].suspended:
            yield f"I7 {name} has {after.groups[name].suspended} suspended"
        if name in after.groups and not after.groups[name].has_pool:
            yield f"I7 {name} has lost its warm pool"


def left_over(before: Picture, after: Picture, won: set[str], parts: Sequence[Part]) -> Iterator[str]:
    """I7: nothing that a rollout made is there, but the launch template version of one that succeeded, what
    an outcome names, and what somebody else made."""
    named = {name for part in parts for rollout in part.rollouts() for name in names_leftovers(rollout)}
    foreign = {str(value) for part in parts for _, _, value in part.watch.foreign}
    for name in after.names.missing_in(before.names):
        excused = any(text in name for text in (*named, *foreign, *won))
        if not excused:
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
