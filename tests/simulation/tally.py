"""What a campaign has found, by preset and kind, in a table and one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from tests.simulation.points import Result
from tests.simulation.storms import Stormed
from tests.simulation.walk import Walked

INVARIANTS = 10
Cell = tuple[str, str, str]
"""Case, ending, trouble."""


@dataclass
class Tally:
    """Counts runs. `points` are those that there are, walked or not; `earlier` ones were tried by campaigns
    before."""

    as_json: bool = False
    runs: Counter[Cell] = field(default_factory=Counter)
    survived: Counter[Cell] = field(default_factory=Counter)
    points: dict[Cell, int] = field(default_factory=dict)
    earlier: Counter[Cell] = field(default_factory=Counter)
    seeds: int = 0
    stormed: Counter[bool] = field(default_factory=Counter)
    broken: set[str] = field(default_factory=set)
    dead: int = 0

    def add(self, result: Result) -> None:
        """One point."""
        point = result.point
        cell = point.case, point.ending, point.trouble
        self.runs[cell] += 1
        self.survived[cell] += not result.verdict.violations
        self._note(result.verdict.violations)
        if self.as_json:
            print(msgspec.json.encode(result).decode(), flush=True)
        elif result.verdict.violations:
            print(point.command, f"  # {point.call}", *result.verdict.violations, sep="\n  ", flush=True)

    def before(self, walked: Walked) -> None:
        """A walk of a campaign before."""
        for trouble, count in walked.points.items():
            cell = walked.case, walked.ending, trouble
            self.points[cell] = count
            self.earlier[cell] += walked.tried.get(trouble, 0)

    def end(self, walked: Walked) -> None:
        """A case has been walked: all its points are known, and how it ends without trouble."""
        for trouble, count in walked.points.items():
            self.points[walked.case, walked.ending, trouble] = count
        self._note(walked.verdict.violations)
        for text in walked.verdict.violations:
            print(f"{walked.case} {walked.ending} without a fault: {text}", flush=True)

    def storm(self, stormed: Stormed) -> None:
        """One seed."""
        self.seeds += 1
        self.stormed[not stormed.violations] += stormed.faults
        self._note(stormed.violations)
        if stormed.violations:
            print(
                f"python -m tests.simulation --seed {stormed.seed}",
                *stormed.violations,
                sep="\n  ",
                flush=True,
            )

    def died(self) -> None:
        """A process of the campaign itself; what it had left to try has not been tried."""
        self.dead += 1

    def _note(self, violations: tuple[str, ...]) -> None:
        self.broken |= {text.partition(" ")[0] for text in violations}

    def lines(self) -> Iterator[str]:
        """A row for each kind, a column for each preset: survived of injected; then the line."""
        presets = list(dict.fromkeys(case.partition("/")[0] for case, _, _ in self.runs))
        if presets:
            yield "| trouble | " + " | ".join(presets) + " |"
            yield "| --- |" + " ---: |" * len(presets)
        for row in self._rows():
            counts = [self._count(preset, row) for preset in presets]
            cells = [f"{survived:,} of {injected:,}" for survived, injected in counts]
            yield f"| {row} | " + " | ".join(cells) + " |"
        if self.dead:
            yield f"processes of the simulation that died: {self.dead}"
        yield self._line()

    def _rows(self) -> list[str]:
        return list(dict.fromkeys(_row(trouble) for _, _, trouble in self.runs))

    def _count(self, preset: str, row: str) -> tuple[int, int]:
        cells = [c for c in self.runs if c[0].partition("/")[0] == preset and _row(c[2]) == row]
        return sum(self.survived[c] for c in cells), sum(self.runs[c] for c in cells)

    def _line(self) -> str:
        injected = self.runs.total() + self.stormed.total()
        survived = self.survived.total() + self.stormed[True]
        held = INVARIANTS - len(self.broken)
        points = sum(self.points.values())
        tried = sum(
            min(count, self.points.get(cell, count)) for cell, count in (self.runs + self.earlier).items()
        )
        return (
            f"faults injected {injected:,}, survived {survived:,}, invariants {held}/{INVARIANTS}, "
            f"seeds {self.seeds:,}; points {tried:,} of {points:,}"
        )


def _row(trouble: str) -> str:
    """All pairs are one row."""
    return "two in a row" if "+" in trouble else trouble
