"""Every preset, when its new version never becomes healthy, and without room for one instance more; what
people end; every finding and every fleet."""

import pytest

from signalbox.rollouts.strategies.presets import PRESETS
from tests.simulation.campaigns import LONGEST, Simulate, told
from tests.simulation.cases import BY_PEOPLE, CALLED_FOR

ENDINGS = ("never-healthy", "shortfall")

pytestmark = pytest.mark.timeout(LONGEST)


def test_whoever_gets_no_healthy_capacity_goes_back_and_leaves_nothing() -> None:
    ran = told("tests.simulation.endings", "--router", "alb", "--platform", "group", *ENDINGS)
    assert ran == [f"{preset}/group {end}: as it must" for preset in PRESETS for end in ENDINGS]


def test_what_people_abort_pause_and_undo_ends_as_they_want() -> None:
    ran = told("tests.simulation.endings", *BY_PEOPLE)
    assert len(ran) == len(CALLED_FOR) * len(BY_PEOPLE)
    assert all(line.endswith(": as it must") for line in ran), ran


@pytest.mark.parametrize("cases", ["compliance/*", "fleets/*"])
def test_findings_and_fleets_end_as_they_must_when_nothing_happens_to_a_call(
    cases: str, simulate: Simulate
) -> None:
    line = simulate("--case", cases, "--trouble", "killed-after", "--of", "0")
    assert line.startswith("faults injected 0, survived 0, invariants 10/10, seeds 0; points 0 of ")
