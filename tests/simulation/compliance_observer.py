"""Looks at the resource after every write, and says which invariant of compliance does not hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from signalbox.compliance.model import Resource
from tests.simulation.calls import Call
from tests.simulation.compliance_aftermath import ENDS
from tests.simulation.compliance_estate import Condition, condition
from tests.simulation.compliance_part import CompliancePart
from tests.simulation.faults import ESTATE
from tests.simulation.fibers import hub

RECORDS = {"ApplyFix": "Remediation Started", "UndoFix": "Undo Started"}
AT_ONCE = 5.0  # seconds: what somebody else changes then, nobody can know of yet
Wrong = Iterator[tuple[str, str]]
"""An invariant, and how it does not hold."""


class ComplianceObserver:
    """Remembers each violation once, with its first instant. `beside`: what nobody entrusted to Signalbox, as
    it was made."""

    def __init__(self, part: CompliancePart, beside: Mapping[Resource, Condition | None]) -> None:
        self.violations: dict[str, str] = {}
        self._part = part
        self._beside = beside
        self._last = condition(part.resource)
        self._before: tuple[Condition | None, ...] = (self._last,)  # what it may be put back to
        self._unmeddled = self._last
        self._seen = 0
        self._records: dict[str, Any] = {}
        self._generation = 0
        self._meddled_at = -inf

    def meddle(self) -> None:
        """Somebody else has changed the resource, or what is to be done about it. Who has just looked
        has seen it as it was."""
        self._unmeddled = self._last
        self._last = condition(self._part.resource)
        self._meddled_at = hub.now

    @property
    def _is_ours(self) -> bool:
        return hub.now - self._meddled_at > AT_ONCE

    def look(self, call: Call) -> None:
        """After a write that a function has made."""
        now = condition(self._part.resource)
        written = self._written(call, now) if self._is_about(call) else self._left_alone(now)
        for invariant, text in (*self._told(now), *written, *self._beside_it()):
            self.violations.setdefault(invariant, f"{invariant} {hub.now:.2f} after {call}: {text}")
        self._last = now

    def _is_about(self, call: Call) -> bool:
        """Whether the invocation is one for this finding, or for no finding in particular."""
        asked: dict[str, object] = json.loads(call.running.payload or b"{}")
        return asked.get("finding", self._part.id) == self._part.id

    def _left_alone(self, now: Condition | None) -> Wrong:
        if now != self._last and self._is_ours:
            yield "I5", f"it was changed for another finding, and is {now}"

    def _told(self, now: Condition | None) -> Wrong:
        """What the timeline says since the last look is so."""
        entries = self._part.entries()
        for entry in entries[self._seen :]:
            self._records = {} if entry["type"] in ENDS else {**self._records, entry["type"]: entry["data"]}
            if now is not None and self._is_ours:
                yield from self._is_so(entry, now)
            if entry["type"] == "Remediation Started":
                self._before = (now,) if self._is_ours else (now, self._unmeddled)
        self._seen = len(entries)

    def _is_so(self, entry: dict[str, Any], now: Condition) -> Wrong:
        match entry["type"]:
            case "Remediation Started":
                yield from self._recorded(entry["data"]["before"], now)
            case "Remediation Succeeded" if not self._part.is_put_right:
                yield "I3", f"it is told to have been put right, and is {now.fields}"
            case "Remediation Undone" | "Remediation Failed" if not self._is_as_before(now):
                yield "I7", f"{entry['type']}, and it was {self._before} and is {now}"

    def _is_as_before(self, now: Condition) -> bool:
        return any(before is None or before.fields == now.fields for before in self._before)

    def _recorded(self, before: dict[str, Any], now: Condition) -> Wrong:
        if not now.is_entrusted:
            yield "I9", "it is going to be changed, and its owner has not entrusted it"
        derived = (
            self._part.rule.playbook.stages is not None
        )  # from what else is there: of such plans some is
        for name, value in before.items():
            if not (derived and name not in now.fields) and not _agrees(value, now.fields.get(name)):
                yield "I4", f"{name} is recorded as {value} and is {now.fields.get(name)}"

    def _written(self, call: Call, now: Condition | None) -> Wrong:
        """Before a write is made in the estate it stands in the timeline, in an attempt that has not ended;
        and one execution makes them."""
        if call.service not in ESTATE:
            return
        record = self._records.get(RECORDS.get(call.running.function, ""), {})
        is_named = call.operation in [write["operation"] for write in record.get("writes", ())]
        if not is_named and (now != self._last or not self._seen):  # who is late may change nothing
            yield "I4", f"{call.operation} is recorded nowhere: {self._records}"
        generation = json.loads(call.running.payload or b"{}").get("generation", 0)
        if generation < self._generation and now != self._last:
            yield "I5", f"execution {generation} writes after {self._generation}"
        self._generation = max(self._generation, generation)

    def _beside_it(self) -> Wrong:
        for resource, before in self._beside.items():
            if (now := condition(resource)) != before:
                yield "I9", f"what nobody entrusted was {before} and is {now}"


def _agrees(recorded: Any, now: Any) -> bool:
    """Of lists AWS keeps no order; the record of a thing may say more of it."""
    if isinstance(recorded, list) and isinstance(now, list):
        pairs = zip(sorted(recorded, key=str), sorted(now, key=str), strict=False)
        return len(recorded) == len(now) and all(_agrees(*pair) for pair in pairs)
    if isinstance(recorded, dict) and isinstance(now, dict):
        return all(name in recorded and _agrees(recorded[name], value) for name, value in now.items())
    return bool(recorded == now)
