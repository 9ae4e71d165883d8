"""At every eighth AWS call of a finding, in each of its endings, its answer is lost or its function dies
after it; at fewer of a fix of several stages, and of several findings. The same calls each time.
`make simulate` tries all rules, all faults, and what people do."""

import pytest

from tests.simulation.campaigns import LONGEST, Simulate

pytestmark = pytest.mark.timeout(LONGEST)


@pytest.mark.parametrize(
    ("rule", "each", "fewest"),
    [
        ("ssh-closed", 8, 40),
        ("volume-encrypted", 30, 15),
        ("database-encrypted", 25, 15),
        ("bucket-public-access/many", 50, 15),
        ("ssh-closed/many", 80, 15),
    ],
)
def test_every_invariant_of_findings_holds_whatever_happens_to_a_call(
    rule: str, each: int, fewest: int, simulate: Simulate
) -> None:
    """Of all points of the case one in so many is tried; those must be so many at least."""
    line = simulate(
        "--case", f"compliance/{rule}", "--trouble", "answer-lost,killed-after", "--of", str(each)
    )
    injected = line.removeprefix("faults injected ").partition(",")[0]
    assert f"survived {injected}, invariants 10/10" in line
    assert int(injected) > fewest
