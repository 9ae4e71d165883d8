"""Every AWS call of two whole strategies loses its answer once, and its function dies after it once."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAULTS = "answer-lost,killed-after"


@pytest.mark.parametrize("ending", ["succeeds", "rolls-back"])
@pytest.mark.parametrize("case", ["canary/slots", "blue-green/group"])
def test_every_invariant_holds_whatever_happens_to_a_call(case: str, ending: str) -> None:
    """A process of its own: its order of sets is fixed, its clock and its AWS are nobody else's."""
    command = [
        sys.executable,
        "-m",
        "tests.simulation",
        "--case",
        case,
        "--ending",
        ending,
        "--fault",
        FAULTS,
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"points {_injected(ran.stdout)} of {_injected(ran.stdout)}" in ran.stdout


def _injected(output: str) -> str:
    """How many faults the last line tells of."""
    return output.splitlines()[-1].removeprefix("faults injected ").partition(", survived")[0]
