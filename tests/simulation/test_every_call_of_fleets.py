"""At every twelfth AWS call of fleets' stops and starts its answer is lost, or its function dies after it; so
it is when a fleet brings back what somebody has started. The same calls each time; at a few writes somebody
asks for something else. `make simulate` tries all of them, with all faults."""

import pytest

from tests.simulation.campaigns import LONGEST, Simulate
from tests.simulation.fleet_people import WISHES

CASES = "fleets/in-order,fleets/other-kinds,fleets/enforced"
ENDINGS = "stops,starts,started-by-hand"
EACH = 12
FEWEST = 40  # faults that the walks must have met to be such
EACH_WRITE = 31  # of so many at one, somebody asks for something else

pytestmark = pytest.mark.timeout(LONGEST)


def test_every_invariant_of_fleets_holds_whatever_happens_to_a_call(simulate: Simulate) -> None:
    chosen = "--case", CASES, "--ending", ENDINGS
    line = simulate(*chosen, "--trouble", "answer-lost,killed-after", "--of", str(EACH))
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > FEWEST


def test_a_fleet_does_what_people_ask_for_in_the_midst_of_a_run(simulate: Simulate) -> None:
    line = simulate("--case", "fleets/in-order", "--trouble", ",".join(WISHES), "--of", str(EACH_WRITE))
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) >= len(WISHES)
