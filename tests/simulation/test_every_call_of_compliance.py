"""At every eighth AWS call of a finding, in each of its endings, its answer is lost or its function dies
after it; of a fix of several stages, and of several findings, at some. The same calls each time. `make simulate` tries all rules, all
faults, and what people do."""

import pytest

from tests.simulation.campaigns import LONGEST, simulate

EACH, OF_SEVERAL = 8, 25
FEWEST = 40  # faults that a case must have met to be such

pytestmark = pytest.mark.timeout(LONGEST)


@pytest.mark.parametrize(
    ("rule", "each"),
    [
        ("ssh-closed", EACH),
        ("volume-encrypted", OF_SEVERAL),
        ("database-encrypted", OF_SEVERAL),
        ("bucket-public-access/many", OF_SEVERAL),
    ],
)
def test_every_invariant_of_findings_holds_whatever_happens_to_a_call(rule: str, each: int) -> None:
    line = simulate(
        "--case", f"compliance/{rule}", "--trouble", "answer-lost,killed-after", "--of", str(each)
    )
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > FEWEST
