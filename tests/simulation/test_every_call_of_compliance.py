"""At every AWS call of a fix, and at every fourth of one that is undone, its answer is lost or its function
dies after it. `make simulate` tries all rules, endings and faults, and what people and owners do."""

import pytest

from tests.simulation.campaigns import LONGEST, simulate

EACH = 4  # of so many calls of the fix that is undone, one
FEWEST = 20  # faults that a walk must have met to be one

pytestmark = pytest.mark.timeout(LONGEST)


@pytest.mark.parametrize(
    ("case", "ending", "of"),
    [("compliance/bucket-public-access", "remediated", 1), ("compliance/ssh-closed", "refused", EACH)],
)
def test_every_invariant_of_findings_holds_whatever_happens_to_a_call(
    case: str, ending: str, of: int
) -> None:
    faults = ("--trouble", "answer-lost,killed-after", "--of", str(of))
    line = simulate("--case", case, "--ending", ending, *faults)
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > FEWEST
