"""What campaigns have tried so far: the next one of the same code goes on from there."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from tests.simulation.walk import Walked

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".build/simulation"
# All that a run depends on.
SOURCES = (
    "layers/core", "functions", "statemachines", "local", "tests/simulation", "template.yaml",
    "requirements/dev.txt",
)  # fmt: skip


class Record:
    """A line of JSON for each walk that went to its end and broke nothing, in a file of this very code."""

    def __init__(self, folder: Path = FOLDER) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{_fingerprint()}.jsonl"

    def walked(self) -> Iterator[Walked]:
        """Those of earlier campaigns, oldest first."""
        if self._file.exists():
            for line in self._file.read_bytes().splitlines():
                yield msgspec.json.decode(line, type=Walked)

    def times(self) -> Counter[str]:
        """How often each walk was done."""
        return Counter(one.way for one in self.walked())

    def add(self, walked: Walked) -> None:
        """One that has ended; what broke something is tried again first."""
        if not walked.broken:
            untold = replace(walked, verdict=replace(walked.verdict, story=()))  # thousands are kept
            with self._file.open("ab") as file:
                file.write(msgspec.json.encode(untold) + b"\n")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for source in SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
