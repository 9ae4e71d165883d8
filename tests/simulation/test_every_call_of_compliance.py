"""At every eighth AWS call of a finding, in each of its endings, its answer is lost or its function dies
after it; the same calls each time. `make simulate` tries all rules, all faults, and what people do."""

import pytest

from tests.simulation.campaigns import LONGEST, simulate

EACH = 8
FEWEST = 40  # faults that six walks must have met to be such

pytestmark = pytest.mark.timeout(LONGEST)


def test_every_invariant_of_findings_holds_whatever_happens_to_a_call() -> None:
    line = simulate(
        "--case", "compliance/ssh-closed", "--trouble", "answer-lost,killed-after", "--of", str(EACH)
    )
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > FEWEST
