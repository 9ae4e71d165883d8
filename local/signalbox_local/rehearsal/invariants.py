"""What must hold of every rollout, told from what was seen outside: the invariants of DESIGN §7. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from signalbox_cli.rollout_news import Sighting
from signalbox_cli.rollout_words import Json
from signalbox_local.rehearsal.checks import ENDINGS, Check, estate_checks, timeline_checks
from signalbox_local.rehearsal.footprint import Footprint
from signalbox_local.rehearsal.looks import Look
from signalbox_local.rehearsal.phases import epoch

WHOLE = 100  # percent


def shares_check(sightings: Sequence[Sighting]) -> Check:
    """Of stable and candidate, wanted and actual, at each sighting and in each entry of the timeline."""
    told = [split for one in sightings for split in one.rollout["shares"].values()]
    told += [e["data"] for e in sightings[-1].events if {"stable", "candidate"} <= e["data"].keys()]
    wrong = [split for split in told if split["stable"] + split["candidate"] != WHOLE]
    return Check(f"shares add up to 100 %, seen {len(told)} times", not wrong, wrong)


def floor_check(looks: Sequence[Look], floor: int) -> Check:
    """Signalbox takes no capacity away below the floor; a version that fails by itself is another matter."""
    short = [text for look in looks for text in look.lacking(floor)]
    told = f"capacity in service was never taken below {floor}, seen {len(looks)} times"
    return Check(told, not short and bool(looks), short[:5])


def kept_check(looks: Sequence[Look], stable: str, size: int, until: float) -> Check:
    """The stable version (its AMI id) is whole until the candidate has been watched."""
    fewest = min((look.alive(stable) for look in looks if look.at < until), default=size)
    return Check("the old version stayed whole until the new one had been watched", fewest >= size, fewest)


def watched_until(rollout: Json, events: Sequence[Json]) -> float:
    """When the first step began that takes the old version away, in epoch seconds; never: infinity."""
    takes_away = {step["index"] for step in rollout["steps"] if step["kind"] in ("replace", "retire")}
    began = [e["at"] for e in events if e["type"] == "Step Started" and e["data"]["step"] in takes_away]
    return epoch(began[0]) if began else float("inf")


def bus_check(events: Sequence[Mapping[str, Any]], rollout_id: str) -> Check:
    """The end is published once; `events` as `GET /_signalbox/events` tells them."""
    ours = [e["event"] for e in events if e["event"]["detail"].get("rollout_id") == rollout_id]
    ends = [event["detail-type"] for event in ours if event["detail-type"] in ENDINGS]
    return Check("its end was published once", len(ends) == 1, ends)


def deleted_check(before: Footprint, after: Footprint) -> Check:
    """Nothing that was there before is gone."""
    pairs = [
        (before.groups, after.groups),
        (before.target_groups, after.target_groups),
        (before.balancers, after.balancers),
        (before.alarms, after.alarms),
        (before.versions, after.versions),
    ]
    gone = sorted(name for had, has in pairs for name in had - has)
    return Check("nothing was deleted that the rollout had not made", not gone, gone)


def ending_checks(
    before: Footprint, after: Footprint, last: Sighting, images: Mapping[str, str], roles: tuple[str, str]
) -> Iterator[Check]:
    """`images` by version; `roles` are the names of stable and candidate."""
    succeeded = last.rollout["phase"] == "succeeded"
    runs = roles[1] if succeeded else roles[0]
    swapped = succeeded and len(before.own) > 1
    yield from estate_checks(before, after, images[runs], runs, swapped=swapped)
    yield deleted_check(before, after)
    yield from timeline_checks(last.events)
