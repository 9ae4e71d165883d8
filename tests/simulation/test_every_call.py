"""At every AWS call of two whole strategies its answer is lost once, and its function dies after it once;
the same every time. `make simulate` tries all calls of all strategies with all troubles."""

import pytest

from tests.simulation.campaigns import LONGEST, Simulate

FEWEST = 80  # calls that a walk must have met to be one

pytestmark = pytest.mark.timeout(LONGEST)


@pytest.mark.parametrize("fault", ["answer-lost", "killed-after"])
@pytest.mark.parametrize("ending", ["succeeds", "rolls-back"])
@pytest.mark.parametrize("case", ["blue-green/group", "canary/slots"])
def test_every_invariant_holds_whatever_happens_to_a_call(
    case: str, ending: str, fault: str, simulate: Simulate
) -> None:
    line = simulate("--case", case, "--ending", ending, "--trouble", fault)
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert line.endswith(f"points {injected} of {injected}")
    assert int(injected) > FEWEST
