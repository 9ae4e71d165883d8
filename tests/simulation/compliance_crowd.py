"""Several findings of one rule at once: nobody else is begun before it is known what became of the first,
whoever has agreed to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from signalbox.compliance.record import Finding, State
from tests.simulation.calls import Call
from tests.simulation.compliance_estate import condition
from tests.simulation.compliance_part import CompliancePart
from tests.simulation.compliance_people import OWNERS
from tests.simulation.fibers import hub

FIRST = 2
WATCHED_FOR = 60.0  # seconds from the first write to the proof, at least


class Crowd:
    """Looks at all of them after every write."""

    def __init__(self, parts: Sequence[CompliancePart]) -> None:
        self.violations: list[str] = []
        self._parts = parts
        self._changed: list[CompliancePart] = []

    def look(self, call: Call) -> None:
        """Whoever is changed for the first time has room beside those that are tried, or comes after one that
        was watched; after a failure nobody is, until somebody asks for it. What owners change says
        nothing."""
        for part in self._parts:
            if {*OWNERS} & {*part.ordered} or part in self._changed:
                continue
            if condition(part.resource) != part.first:
                self.violations += [
                    f"I4 {hub.now:.2f} after {call}: {part.resource.id} is changed, {why}"
                    for why in self._too_early()
                ]
                self._changed.append(part)

    def _too_early(self) -> Iterator[str]:
        found = [finding for part in self._changed if (finding := part.finding())]
        asked = any("remediate" in part.ordered for part in self._parts)
        failed = [each.id for each in found if each.state is State.FAILED]
        if failed and not asked:
            yield f"and {', '.join(failed)} has failed"
        tried = [each.id for each in found if each.state is State.REMEDIATING]
        if len(tried) >= FIRST and not any(map(_was_watched, found)):
            yield f"and {', '.join(tried)} are tried still, and none was watched"


def _was_watched(finding: Finding) -> bool:
    acted_at, proven_at = finding.remediation.acted_at, finding.closed_at
    if finding.state is not State.REMEDIATED or acted_at is None or proven_at is None:
        return False
    return (proven_at - acted_at).total_seconds() >= WATCHED_FOR
