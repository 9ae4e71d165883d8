"""Rehearsals side by side, as a terminal of eighty columns shows them."""

import io

from rich.console import Console

from signalbox.rollouts.strategies.presets import PRESETS
from signalbox_local.rehearsal.telling import COLUMNS, comparison_tables


def test_all_presets_can_be_read_side_by_side() -> None:
    rows = [(name, "rolled back", *(f"figure {number}" for number in range(8))) for name in PRESETS]
    told = io.StringIO()
    console = Console(file=told, width=78)
    for table in comparison_tables(rows):
        console.print(table)
    lines = told.getvalue().splitlines()
    assert max(map(len, lines)) <= 78
    assert [name for name in PRESETS if not any(name in line.split() for line in lines)] == []
    assert sum(line.count("rolled back") for line in lines) == len(PRESETS)
    assert "…" not in told.getvalue()
    assert {COLUMNS[1], COLUMNS[-1]} <= {line.split("  ")[0] for line in lines}
