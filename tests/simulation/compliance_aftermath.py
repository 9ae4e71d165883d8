"""What a finding leaves: one ending an episode, nothing half done, told once and in one chain."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from signalbox.compliance.record import State
from tests.simulation.aftermath import MOST_HISTORY, history
from tests.simulation.compliance_estate import condition
from tests.simulation.compliance_part import CompliancePart
from tests.timelines import first_break

OPENS = frozenset({"Finding Opened", "Remediation Requested", "Exception Ended", "Undo Requested"})
ENDS = frozenset({
    "Finding Left", "Finding Closed", "Finding Flapping", "Remediation Rejected", "Approval Lapsed",
    "Remediation Succeeded", "Remediation Failed", "Remediation Undone", "Undo Failed",
})  # fmt: skip
RED = frozenset({"Remediation Failed", "Remediation Undone", "Undo Failed"})


def wrong(
    part: CompliancePart, bus: list[dict[str, Any]], allowed: Collection[State], *, may_stick: bool
) -> Iterator[str]:
    """Of a finding that nobody works on any more. `may_stick`: an undo had somebody against it."""
    finding = part.finding()
    if finding is None:
        yield "I3 it has not been found"
        return
    if finding.under_way or finding.remediation.tokens:
        yield f"I5 it is {finding.state} and still under way"
    if finding.state not in allowed:
        yield f"I3 it is {finding.state} and not {', '.join(allowed)}: {finding.reason}"
    if finding.state is State.REMEDIATED and not part.is_put_right:
        yield f"I3 it is {finding.state}, and {condition(part.resource)}"
    if not may_stick and any(entry["type"] == "Undo Failed" for entry in part.entries()):
        yield f"I7 it could not be undone, and nobody stood in the way: {finding.reason}"
    yield from _episodes(part)
    yield from _executions(part)
    yield from _told(part, bus)


def _episodes(part: CompliancePart) -> Iterator[str]:
    """Each begins once, is put right at most once, and has one ending."""
    is_open, is_queued, fixes = False, False, 0
    for entry in part.entries():
        kind = entry["type"]
        if kind in OPENS:
            if is_open and not is_queued:  # somebody may ask for what is in the queue
                yield f"I3 {kind} while it was under way, as {entry['sequence']}"
            is_open, fixes = True, 0
        is_queued = kind == "Finding Queued"
        fixes += kind == "Remediation Started"
        if fixes > 1:
            yield f"I5 two fixes for one finding, the second as {entry['sequence']}"
        if kind in ENDS:
            if not is_open and kind != "Finding Closed":  # what was left may be put right by others
                yield f"I3 {kind} as {entry['sequence']}, and it had ended"
            is_open = False
    if is_open and not part.waits:
        yield "I3 its last episode has no ending"


def _executions(part: CompliancePart) -> Iterator[str]:
    """None runs on; one that fails has told so."""
    is_red = bool(RED & {entry["type"] for entry in part.entries()})
    for execution in part.executions():
        if execution.status == "RUNNING":
            yield f"I5 {execution.name} still runs"
        if execution.status == "FAILED" and not is_red:
            yield f"I3 {execution.name} has failed ({execution.error}), and the timeline says nothing"
        if len(history(execution)) > MOST_HISTORY:
            yield f"I10 the history of {execution.name} is too long"


def _told(part: CompliancePart, bus: list[dict[str, Any]]) -> Iterator[str]:
    """I6, I8: each entry is on the bus, always the same, in one unbroken chain."""
    entries = part.entries()
    if (broken := first_break(entries)) is not None:
        yield f"I8 the chain breaks at {broken}"
    told: dict[int, set[str]] = {}
    for event in bus:
        detail = event["detail"]
        if detail.get("finding") == part.id:
            told.setdefault(detail["sequence"], set()).add(_text(event["detail-type"], detail))
    written = {entry["sequence"]: {_text(entry["type"], entry)} for entry in entries}
    for sequence in sorted(told.keys() | written.keys()):
        if told.get(sequence) != written.get(sequence):
            yield f"I6 the timeline has {written.get(sequence)} and the bus was told {told.get(sequence)}"


def _text(kind: str, said: dict[str, Any]) -> str:
    return json.dumps([kind, *(said[name] for name in ("at", "actor", "reason", "data"))], sort_keys=True)
