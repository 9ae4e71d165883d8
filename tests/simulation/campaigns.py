"""Campaigns in a process of their own: the order of sets is fixed, clock and AWS are nobody else's."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 3_000  # real seconds, on a slow machine that is busy with other things too


def simulate(*arguments: str) -> str:
    """The last line of a campaign; raises AssertionError with all that it says when it breaks something."""
    return told("tests.simulation", "--processes", "1", *arguments)[-1]


def told(module: str, *arguments: str) -> list[str]:
    """All lines that it prints; raises AssertionError with them, and what it complains of, when it fails."""
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()
