"""At every fifth AWS call of a fleet's stop and start its answer is lost, or its function dies after it; the
same calls each time; at a few writes somebody asks for something else. `make simulate` tries all of them,
with all faults."""

import pytest

from tests.simulation.campaigns import LONGEST, simulate
from tests.simulation.fleet_people import WISHES

EACH = 5
FEWEST = 40  # faults that two walks must have met to be such
EACH_WRITE = 31  # of so many at one, somebody asks for something else

pytestmark = pytest.mark.timeout(LONGEST)


def test_every_invariant_of_fleets_holds_whatever_happens_to_a_call() -> None:
    line = simulate("--case", "fleets/in-order", "--trouble", "answer-lost,killed-after", "--of", str(EACH))
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > FEWEST


def test_a_fleet_does_what_people_ask_for_in_the_midst_of_a_run() -> None:
    line = simulate("--case", "fleets/in-order", "--trouble", ",".join(WISHES), "--of", str(EACH_WRITE))
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) >= len(WISHES)
