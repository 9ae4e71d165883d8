"""Every AWS call of two whole strategies loses its answer once, and its function dies after it once; and
storms. The same choice every time; `make simulate` tries all strategies with all troubles."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROCESSES = "1"  # of each of these tests: others run beside it
SEEDS = 60
PARTS = 3

pytestmark = pytest.mark.timeout(1_200)  # real seconds, on a machine that is busy with other things too


def simulate(*arguments: str) -> str:
    """The last line of a campaign that breaks nothing, in a process of its own: its order of sets is fixed,
    its clock and its AWS are nobody else's."""
    command = [sys.executable, "-m", "tests.simulation", "--processes", PROCESSES, *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()[-1]


@pytest.mark.parametrize("ending", ["succeeds", "rolls-back"])
@pytest.mark.parametrize("case", ["canary/slots", "blue-green/group"])
def test_every_invariant_holds_whatever_happens_to_a_call(case: str, ending: str) -> None:
    line = simulate("--case", case, "--ending", ending, "--trouble", "answer-lost,killed-after")
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert line.endswith(f"points {injected} of {injected}")


@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds_in_a_storm(part: int) -> None:
    each = SEEDS // PARTS
    line = simulate("--no-points", "--seeds", str(each), "--first-seed", str(part * each))
    assert f"invariants 10/10, seeds {each};" in line
