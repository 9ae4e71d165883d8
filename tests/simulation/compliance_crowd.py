"""Several findings of one rule at once: nobody else is begun before it is known what became of the first,
whoever has agreed to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from signalbox.compliance.record import State
from tests.simulation.calls import Call
from tests.simulation.compliance_estate import condition
from tests.simulation.compliance_part import CompliancePart
from tests.simulation.fibers import hub

FIRST = 2


class Crowd:
    """Looks at all of them after every write."""

    def __init__(self, parts: Sequence[CompliancePart]) -> None:
        self.violations: list[str] = []
        self._parts = parts
        self._changed: list[CompliancePart] = []

    def look(self, call: Call) -> None:
        """Whoever is changed for the first time comes after the first ones, if it is none of them."""
        for part in self._parts:
            if part not in self._changed and condition(part.resource) != part.first:
                self.violations += [
                    f"I4 {hub.now:.2f} after {call}: {text}" for text in self._too_early(part)
                ]
                self._changed.append(part)

    def _too_early(self, part: CompliancePart) -> Iterator[str]:
        for tried in self._changed[:FIRST] if len(self._changed) >= FIRST else ():
            finding = tried.finding()
            state = finding.state if finding else "unknown"
            is_probe = state is State.FAILED and "remediate" in part.ordered
            if state is not State.REMEDIATED and not is_probe:
                yield f"{part.resource.id} is changed, and {tried.resource.id}, which was first, is {state}"
