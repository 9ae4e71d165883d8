"""What a rollout leaves: one ending, nothing of its own, and the owner's things as the ending says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from moto.stepfunctions.responses import get_backend

from tests.simulation.backend import Backend, Weights
from tests.simulation.observer import Names
from tests.timelines import TERMINAL, first_break

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
    )


def as_before(before: Picture, after: Picture) -> Iterator[str]:
    """I7: field by field; desired at least, since scaling policies may have grown a group meanwhile."""
    for name, group in before.groups.items():
        found = after.groups.get(name)
        if found is None or replace(found, desired=group.desired) != group or found.desired < group.desired:
            yield f"I7 {name} was {group} and is {found}"
    if after.rules != before.rules:
        yield f"I7 the weights were {before.rules} and are {after.rules}"
    yield from (f"I7 {name} is left over" for name in after.names.missing_in(before.names))


def at_new_version(before: Picture, after: Picture, backend: Backend, image: str, size: int) -> Iterator[str]:
    """What a success promises: the new version has all traffic, at its size, and nothing else is left."""
    loaded = {arn for weights in after.rules.values() for arn, weight in weights.items() if weight}
    served = [backend.images(arn) for arn in sorted(loaded)]
    if not served or any(set(images) != {image} or len(images) < size for images in served):
        yield f"I7 behind the traffic run {served} and not {size} of {image}"
    left = after.names.missing_in(before.names)
    yield from (f"I7 {name} is left over" for name in left if not name.startswith("('lt-"))
    for name, group in after.groups.items():
        if group.suspended:
            yield f"I7 {name} has {group.suspended} suspended"


def traces(items: list[dict[str, Any]], rollout_ids: set[str]) -> Iterator[str]:
    """I3, I5: locks, watchers, latches, marks."""
    for item in items:
        if item["pk"].startswith(LEFT_BEHIND):
            yield f"I5 {item['pk']} {item['sk']} is left over"
        if len(json.dumps(item, default=str)) > MOST_ITEM:
            yield f"I10 {item['pk']} {item['sk']} is too large"
    if not rollout_ids:
        yield "I3 there was no rollout"


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


def executions(account: str, region: str, phases: Mapping[str, str]) -> Iterator[str]:
    """I3, I10: none runs on, none has grown too long, none fails whose rollout is not stuck."""
    for machine in get_backend(account, region).state_machines:
        for execution in machine.executions:
            phase = phases.get(execution.name.rpartition("-g")[0])
            if execution.status == "RUNNING":
                yield f"I3 {execution.name} still runs"
            if execution.status == "FAILED" and phase != "stuck":
                yield f"I3 {execution.name} has failed ({execution.error}), but its rollout is {phase}"
            history = _history(execution)
            if len(history) > MOST_HISTORY:
                yield f"I10 the history of {execution.name} is too long"
            if any(len(json.dumps(event, default=str)) > MOST_PAYLOAD for event in history):
                yield f"I10 an event of {execution.name} has too much in it"


def _history(execution: Any) -> list[Any]:
    worker = execution.exec_worker
    return list(worker.env.event_manager.get_event_history()) if worker else []
