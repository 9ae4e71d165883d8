"""Each ninth AWS call of two whole strategies loses its answer once, and its function dies after it once;
`make simulate` tries all calls of all strategies with all faults."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAULTS = "answer-lost,killed-after"
EVERY = "9"
FEWEST = 12  # faults that a walk must have met to be one


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
        "--every",
        EVERY,
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    injected = ran.stdout.splitlines()[-1].removeprefix("faults injected ").partition(",")[0]
    assert int(injected) > FEWEST
