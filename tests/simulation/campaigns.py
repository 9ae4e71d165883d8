"""Campaigns beside pytest: the order of sets is fixed, clock and AWS are nobody else's."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.simulation.options import ENDED

ROOT = Path(__file__).parents[2]
LONGEST = 3_000  # real seconds, on a slow machine that is busy with other things too
ENVIRONMENT = {**os.environ, "PYTHONHASHSEED": "0"}
ONE_AT_A_TIME = ("--processes", "1")

Simulate = Callable[..., str]
"""Of its arguments, the last line of a campaign; raises AssertionError with all that it says when it breaks
something."""


@contextmanager
def simulating() -> Iterator[Simulate]:
    """All campaigns begin with the same universe: making one takes as long as some of them."""
    command = [sys.executable, "-m", "tests.simulation.warm"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as warm:

        def simulate(*arguments: str) -> str:
            assert warm.stdin is not None
            assert warm.stdout is not None
            warm.stdin.write(json.dumps([*ONE_AT_A_TIME, *arguments]) + "\n")
            warm.stdin.flush()
            lines: list[str] = []
            for line in map(str.rstrip, warm.stdout):
                if line.startswith(ENDED):
                    assert line == f"{ENDED} 0", "\n".join([*lines, line])
                    return lines[-1]
                lines.append(line)
            raise AssertionError("\n".join(lines))

        yield simulate


def simulate_alone(*arguments: str) -> str:
    """The same, with a universe of its own."""
    return told("tests.simulation", *ONE_AT_A_TIME, *arguments)[-1]


def told(module: str, *arguments: str) -> list[str]:
    """All lines that it prints; raises AssertionError with them, and what it complains of, when it fails."""
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()
