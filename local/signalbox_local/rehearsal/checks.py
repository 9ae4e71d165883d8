"""What must be true when a rollout has ended: findings of AWS and of the timeline as ✓ or ✗. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signalbox.kernel.timeline import Entry, first_break
from signalbox_cli.rollout_words import Json
from signalbox_local.rehearsal.footprint import Footprint

ENDINGS = frozenset(
    f"Rollout {how}" for how in ("Succeeded", "Rolled Back", "Aborted", "Superseded", "Cancelled", "Stuck")
)


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence, whether it holds, and what was found."""

    told: str
    holds: bool
    found: object


def estate_checks(
    before: Footprint, after: Footprint, image: str, version: str, *, swapped: bool = False
) -> Iterator[Check]:
    """`image` is the AMI that all instances must run now, `version` what people call it; `swapped`: of two
    slots the other one serves now."""
    serving, now = _serving(before, swapped), _serving(after, False)
    wanted = before.size
    runs = {name: group.images for name, group in after.own.items() if group.images}
    yield Check(
        f"the group runs {wanted} × {version} and nothing else", runs == {serving: {image: wanted}}, runs
    )
    healthy = sum(group.healthy for group in after.own.values())
    yield Check(f"all {wanted} are healthy", healthy == wanted, healthy)
    yield _traffic(before, after, serving, now, swapped)
    yield _scaling(before, after, serving, swapped)
    yield _none_left("second group", before.groups, after.groups)
    yield _none_left("second target group", before.target_groups, after.target_groups)
    yield _none_left("second load balancer", before.balancers, after.balancers)
    yield _none_left("copy of an alarm", before.alarms, after.alarms)
    yield _none_left("launch template version", _versions(before, after, image), after.versions)
    yield _none_left("lock or watcher", before.locks, after.locks)


def _serving(found: Footprint, swapped: bool) -> str:
    """The group that has instances; the other one of two when they have `swapped`."""
    filled = [name for name, group in found.own.items() if bool(group.size[2]) is not swapped]
    return filled[0] if filled else next(iter(found.own))


def _traffic(before: Footprint, after: Footprint, wanted: str, found: str, swapped: bool) -> Check:
    if not swapped:
        told = "what sends traffic sends it where it did before"
        return Check(told, after.weights == before.weights, after.weights)
    one_each = all(sum(1 for w in split.values() if w) == 1 for split in after.weights.values())
    return Check("all traffic goes to the other slot", one_each and wanted == found, after.weights)


def _scaling(before: Footprint, after: Footprint, serving: str, swapped: bool) -> Check:
    found = {name: (*group.size, *sorted(group.suspended)) for name, group in after.own.items()}
    if swapped:
        sizes = {name: group.size[2] for name, group in after.own.items()}
        rest = dict.fromkeys(sizes, 0)
        told = f"desired {before.size} in the slot that serves, 0 in the other, no process suspended"
        quiet = not any(group.suspended for group in after.own.values())
        return Check(told, quiet and sizes == {**rest, serving: before.size}, found)
    least, most, wanted = before.own[serving].size
    told = f"min {least}, max {most}, desired {wanted} as before, no process suspended"
    as_before = {name: (*group.size, *sorted(group.suspended)) for name, group in before.own.items()}
    return Check(told, found == as_before, found)


def _versions(before: Footprint, after: Footprint, image: str) -> frozenset[str]:
    """Those that were there and, where the image is a new one, the one that runs it."""
    known = any(image in group.images for group in before.own.values())
    now = frozenset() if known else frozenset(g.version for g in after.own.values() if image in g.images)
    return before.versions | now


def _none_left(what: str, before: frozenset[str], after: frozenset[str]) -> Check:
    return Check(f"no {what} is left over", after == before, sorted(after ^ before))


def timeline_checks(events: Sequence[Json]) -> Iterator[Check]:
    """Nobody has changed it, and it ends once."""
    broken = first_break([Entry(**event) for event in events])
    count = len(events)
    yield Check(f"the hash chain of its timeline verifies, {count} entries", broken is None, broken)
    ends = [event["type"] for event in events if event["type"] in ENDINGS]
    yield Check("it has ended exactly once", len(ends) == 1 and events[-1]["type"] in ENDINGS, ends)
