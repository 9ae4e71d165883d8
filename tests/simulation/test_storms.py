"""Sixty storms, the same ones every time; `make simulate` has more."""

import pytest

from tests.simulation.campaigns import LONGEST, Simulate, simulate_alone

SEEDS = 60
PARTS = 3

pytestmark = pytest.mark.timeout(LONGEST)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds_in_a_storm(part: int, simulate: Simulate) -> None:
    each = SEEDS // PARTS
    line = simulate("--no-points", "--seeds", str(each), "--first-seed", str(part * each))
    assert f"invariants 10/10, seeds {each};" in line


def test_a_storm_is_the_same_each_time_and_in_each_universe(simulate: Simulate) -> None:
    seeds = "--no-points", "--seeds", "1", "--first-seed", "21"
    assert simulate(*seeds) == simulate(*seeds) == simulate_alone(*seeds)
