"""Each fourth AWS call of two whole strategies loses its answer once, and its function dies after it once;
the same ones every time. `make simulate` tries all calls of all strategies with all troubles."""

import pytest

from tests.simulation.campaigns import LONGEST, simulate

EVERY = "4"
FEWEST = 25  # faults that a walk must have met to be one

pytestmark = pytest.mark.timeout(LONGEST)


@pytest.mark.parametrize("ending", ["succeeds", "rolls-back"])
@pytest.mark.parametrize("case", ["canary/slots", "blue-green/group"])
def test_every_invariant_holds_whatever_happens_to_a_call(case: str, ending: str) -> None:
    troubles = "answer-lost,killed-after"
    line = simulate("--case", case, "--ending", ending, "--trouble", troubles, "--every", EVERY)
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > FEWEST
