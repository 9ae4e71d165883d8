"""The week that was really run: what each resource was, and when, by the record of runs. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.rollout_words import Json
from signalbox_local.demo_fleet.resources import Thing

Changes = Mapping[Thing, Sequence[tuple[datetime, bool]]]
"""Thing -> the moments from which it ran or did not, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Things of the picture that belong together."""

    label: str
    things: tuple[Thing, ...]


def changes_in(runs: Iterable[Json], before: Mapping[Thing, bool], begin: datetime) -> Changes:
    """From how it was at the beginning, and what each run saw reached, the oldest run first. What starts runs
    from the beginning of its run, what stops until the end of it."""
    found = {thing: [(begin, runs_)] for thing, runs_ in before.items()}
    for run in runs:
        began, ended = from_rfc3339(run["created_at"]), from_rfc3339(run["ended_at"])
        starts = run["action"] == "start"
        for one in run["resources"]:
            changes = found[one["kind"], one["id"]]
            if run["cause"] == "enforcement" and one["id"] in run["reason"]:
                # An event told of it, as soon as somebody else had switched it.
                changes.append((began, not starts))
            if one["outcome"] == "reached":
                changes.append((began if starts else ended, starts))
    return found


def left_alone(runs: Iterable[Json]) -> Mapping[Thing, str]:
    """What no run could switch, and why."""
    return {
        (one["kind"], one["id"]): one["reason"]
        for run in runs
        for one in run["resources"]
        if one["outcome"] == "skipped"
    }


def rows_of(things: Iterable[Thing], apart: Mapping[Thing, str]) -> Sequence[Row]:
    """One for each kind, and one for what cannot be stopped."""
    kinds: dict[str, list[Thing]] = {}
    for thing in things:
        kinds.setdefault(f"{len(apart)} stay up" if thing in apart else thing[0], []).append(thing)
    ordered = sorted(kinds.items(), key=lambda each: each[1][0] in apart)
    return [
        Row(label=label if members[0] in apart else f"{len(members)} {label}", things=tuple(members))
        for label, members in ordered
    ]


def share_running(changes: Changes, row: Row, begin: datetime, end: datetime) -> float:
    """Of the row between two moments, between 0 and 1."""
    whole = seconds_between(begin, end) * len(row.things)
    return sum(seconds_run(changes[thing], begin, end) for thing in row.things) / whole


def seconds_run(changes: Sequence[tuple[datetime, bool]], begin: datetime, end: datetime) -> float:
    """Between two moments."""
    stretches = pairwise((*changes, (end, False)))
    each = ((max(since, begin), min(until, end)) for (since, runs), (until, _) in stretches if runs)
    return sum(max(0.0, seconds_between(since, until)) for since, until in each)


def seconds_between(begin: datetime, end: datetime) -> float:
    """Python takes what two clocks of one zone show from each other, whatever has passed when they change."""
    return end.timestamp() - begin.timestamp()


def now_by(changes: Changes) -> Mapping[Thing, bool]:
    """Whether each thing runs after the last of the changes."""
    return {thing: found[-1][1] for thing, found in changes.items()}
