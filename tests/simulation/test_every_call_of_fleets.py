"""At every fifth AWS call of a fleet's stop and start its answer is lost, or its function dies after it; the
same calls each time. `make simulate` tries all of them, with all faults."""

import pytest

from tests.simulation.campaigns import LONGEST, simulate

EACH = 5
FEWEST = 40  # faults that two walks must have met to be such

pytestmark = pytest.mark.timeout(LONGEST)


def test_every_invariant_of_fleets_holds_whatever_happens_to_a_call() -> None:
    line = simulate("--case", "fleets/in-order", "--trouble", "answer-lost,killed-after", "--of", str(EACH))
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > FEWEST
