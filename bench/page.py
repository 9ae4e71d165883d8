"""docs/benchmarks.md, and its sections that are written by themselves."""

import sys
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def section(title: str) -> list[str]:
    """What is written under that title, to be kept."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    if title not in page:
        return []
    rest = page[page.index(title) :]
    ends = [index for index, line in enumerate(rest) if line.startswith("## ") and index]
    return rest[: ends[0]] if ends else [*rest, ""]


def write_section(lines: Sequence[str]) -> None:
    """In the place of the section with that first line, or at the end."""
    page = PAGE.read_text(encoding="utf-8")
    before, now = "\n".join(section(lines[0])), "\n".join(lines)
    whole = page.replace(before, now) if before else f"{page}\n{now}"
    PAGE.write_text(whole.rstrip() + "\n", encoding="utf-8")
    sys.stdout.write(f"{now}\n")
