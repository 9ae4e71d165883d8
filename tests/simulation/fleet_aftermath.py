"""What a transition of a fleet leaves: everything where it should be or named, one ending, the next armed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from moto.stepfunctions.responses import get_backend

from signalbox.fleets.model import Action
from signalbox.fleets.record import EVERYTHING, Lot, Run, RunPhase
from tests.simulation.aftermath import MOST_HISTORY, MOST_ITEM, history
from tests.simulation.fleet_estate import conditions
from tests.simulation.fleet_kinds import PREFIXES, SIZED
from tests.simulation.fleet_part import FleetPart, Moment, timetable
from tests.simulation.universe import ACCOUNT, REGION
from tests.timelines import first_break

ENDINGS = frozenset(
    {"Fleet Started", "Fleet Stopped", "Fleet Run Incomplete", "Fleet Run Superseded", "Fleet Observed"}
)
WHOLE = timedelta(seconds=1)  # to which the timetable rounds up
WANTED = {Action.START: {"running", "available"}, Action.STOP: {"stopped"}}
BEGUN = {Action.START: "Fleet Start Requested", Action.STOP: "Fleet Stop Requested"}


def wrong(part: FleetPart, moment: Moment, hopeless: frozenset[str], *, may_fail: bool) -> Iterator[str]:
    """After one transition. `hopeless` cannot be brought there; `may_fail`: AWS refused, or was away long."""
    runs = [run for run in part.runs() if run.created_at >= moment.at]
    if len(runs) != 1:
        yield f"I3 {moment.action} of {part.name} has the runs {[run.run_id for run in runs]}"
        return
    (run,) = runs
    yield from told(part, run)
    yield from _reached(part, run, moment, hopeless, may_fail=may_fail)
    yield from _armed(part, moment)


def wrong_after_wishes(part: FleetPart, moment: Moment, hopeless: frozenset[str]) -> Iterator[str]:
    """After people have asked for something in the midst of a transition: the last run counts, those before
    it ended or gave way to it."""
    runs = [run for run in part.runs() if run.created_at >= moment.at]
    for run in runs[:-1]:
        yield from told(part, run, RunPhase.SUPERSEDED)
    for run in runs[-1:]:
        yield from told(part, run)
        last = replace(moment, action=run.action)
        yield from _reached(part, run, last, hopeless, may_fail=False)
    override = part.standing().override
    following = override.until.replace(microsecond=0) if override is not None else moment.following
    armed = [at.replace(microsecond=0) for at in part.armed_for()]
    if armed not in ([following], [following + WHOLE]):
        yield f"I5 {part.name} is armed for {armed} and not for {following}"


def told(part: FleetPart, run: Run, *also: RunPhase) -> Iterator[str]:
    """A run has one beginning and one ending, a good one or one of those."""
    if run.phase not in (RunPhase.SUCCEEDED, RunPhase.INCOMPLETE, *also):
        yield f"I3 {run.run_id} is {run.phase}"
    types = Counter(e["type"] for e in part.entries() if e["data"].get("run_id") == run.run_id)
    if types != Counter({BEGUN[run.action]: 1, next(iter(ENDINGS & types.keys()), "an ending"): 1}):
        yield f"I3 of {run.run_id} was told {dict(types)}"


def _reached(
    part: FleetPart, run: Run, moment: Moment, hopeless: frozenset[str], *, may_fail: bool
) -> Iterator[str]:
    now = conditions(ACCOUNT, REGION)
    outcomes = _outcomes(part.lots(run))
    if run.failure and not may_fail:
        yield f"I3 {run.run_id} failed: {run.failure}"
    unknown = {name for name in outcomes if name.endswith(EVERYTHING) and may_fail}
    for name in part.selected:
        named = outcomes.pop(name, [])
        if not named and _kind(name) + EVERYTHING in unknown:
            continue  # of all of its kind it is said that they could not be looked for
        arrived = is_there(name, now.get(name, "gone"), moment.action)
        if name not in now and not named:
            continue  # it has gone before the run began: whether it may have, the observer knows
        if len(named) > 1 or (named and named[0] in ("waiting", "asked")):
            yield f"I3 {name} is named {named}"
        elif named == ["reached"] and not arrived:
            yield f"I3 {name} is told to have been reached and is {now.get(name, 'gone')}"
        elif not arrived and not named:
            yield f"I3 {name} is {now.get(name, 'gone')} and named nowhere"
        elif named != ["reached"] and name not in hopeless and not may_fail:
            yield f"I3 {name} is named {named} without need"
    if any(named != ["skipped"] for name, named in outcomes.items() if name not in unknown):  # but members
        yield f"I9 not selected, but named: {outcomes}"


def _outcomes(lots: list[Lot]) -> dict[str, list[str]]:
    """By the names of `conditions`."""
    found: dict[str, list[str]] = {}
    for lot in lots:
        named = {
            "waiting": lot.waiting,
            "asked": (*lot.asked, *lot.busy),
            "reached": lot.reached,
            "skipped": tuple(id_ for ids in lot.skipped.values() for id_ in ids),
            "failed": tuple(id_ for ids in lot.failed.values() for id_ in ids),
        }
        for outcome, ids in named.items():
            for id_ in ids:
                found.setdefault(PREFIXES[lot.kind] + id_, []).append(outcome)
    return found


def _kind(name: str) -> str:
    kind, colon, _ = name.rpartition(":")
    return kind + colon


def is_there(name: str, condition: str, action: Action) -> bool:
    """Whether it is where the action leads; of what has a size the one that is wanted counts, and of tasks
    also how many run."""
    if name.startswith(SIZED):
        return condition[-1].isdigit() and (condition.rpartition(" ")[2] == "0") == (action is Action.STOP)
    return condition in WANTED[action]


def _armed(part: FleetPart, moment: Moment) -> Iterator[str]:
    if part.armed_for() != [moment.following]:
        yield f"I5 {part.name} is armed for {timetable()} and not for {moment.following}"
    standing = part.standing()
    if (standing.run_id, standing.armed_for) != (None, moment.following):
        yield f"I5 {part.name} stands with {standing.run_id}, armed for {standing.armed_for}"


def told_once(part: FleetPart, bus: list[dict[str, Any]]) -> Iterator[str]:
    """I6, I8: each entry is on the bus, always the same, in one unbroken chain."""
    entries = part.entries()
    if (broken := first_break(entries)) is not None:
        yield f"I8 the chain of {part.name} breaks at {broken}"
    told: dict[int, set[str]] = {}
    for event in bus:
        if event["detail"]["fleet"] == part.name:
            text = json.dumps([event["detail-type"], event["detail"]], sort_keys=True)
            told.setdefault(event["detail"]["sequence"], set()).add(text)
    for sequence, texts in told.items():
        if len(texts) != 1:
            yield f"I6 the bus was told different things as {sequence}: {texts}"
    for entry in entries:
        if entry["public"] and entry["sequence"] not in told:
            yield f"I6 the bus was not told of {entry['sequence']} {entry['type']}"


def executions() -> Iterator[str]:
    """I3, I10: none runs on, none fails, none has grown too long."""
    for machine in get_backend(ACCOUNT, REGION).state_machines:
        for execution in machine.executions:
            if execution.status in ("RUNNING", "FAILED"):
                yield f"I3 {execution.name} is {execution.status}"
            if len(history(execution)) > MOST_HISTORY:
                yield f"I10 the history of {execution.name} is too long"


def items(table: list[dict[str, Any]]) -> Iterator[str]:
    """I10: none comes near its limit."""
    for item in table:
        if len(json.dumps(item, default=str)) > MOST_ITEM:
            yield f"I10 {item['pk']} {item['sk']} is too large"
