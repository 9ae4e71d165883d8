"""What must be true when a rollout has ended: findings of AWS and of the timeline as ✓ or ✗. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signalbox.kernel.timeline import Entry, first_break
from signalbox_cli.rollout_words import Json
from signalbox_local.demo.footprint import Footprint

ENDINGS = frozenset(
    f"Rollout {how}" for how in ("Succeeded", "Rolled Back", "Aborted", "Superseded", "Cancelled", "Stuck")
)


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence, whether it holds, and what was found."""

    told: str
    holds: bool
    found: object


def estate_checks(before: Footprint, after: Footprint, image: str, version: str) -> Iterator[Check]:
    """`image` is the AMI that all instances must run now, `version` what people call it."""
    size, most, wanted = before.size
    yield Check(
        f"the group runs {wanted} × {version} and nothing else", after.images == {image: wanted}, after.images
    )
    yield Check(f"all {wanted} are healthy", after.healthy == wanted, after.healthy)
    yield Check(
        "the rule sends all traffic where it did before", after.weights == before.weights, after.weights
    )
    sizes = f"min {size}, max {most}, desired {wanted} as before, no process suspended"
    yield Check(sizes, _scaling(after) == _scaling(before), _scaling(after))
    yield _none_left("second group", before.groups, after.groups)
    yield _none_left("second target group", before.target_groups, after.target_groups)
    yield _none_left("copy of an alarm", before.alarms, after.alarms)
    needed = before.versions | {after.version if image not in before.images else before.version}
    yield _none_left("launch template version", needed, after.versions)
    yield _none_left("lock or watcher", before.locks, after.locks)


def _scaling(found: Footprint) -> tuple[object, ...]:
    return (*found.size, *sorted(found.suspended))


def _none_left(what: str, before: frozenset[str], after: frozenset[str]) -> Check:
    return Check(f"no {what} is left over", after == before, sorted(after ^ before))


def timeline_checks(events: Sequence[Json]) -> Iterator[Check]:
    """Nobody has changed it, and it ends once."""
    broken = first_break([Entry(**event) for event in events])
    count = len(events)
    yield Check(f"the hash chain of its timeline verifies, {count} entries", broken is None, broken)
    ends = [event["type"] for event in events if event["type"] in ENDINGS]
    yield Check("it has ended exactly once", len(ends) == 1 and events[-1]["type"] in ENDINGS, ends)
