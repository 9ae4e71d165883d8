"""Every preset, when its new version never becomes healthy, and without room for one instance more."""

import pytest

from signalbox.rollouts.strategies.presets import PRESETS
from tests.simulation.campaigns import LONGEST, told

ENDINGS = ("never-healthy", "shortfall")

pytestmark = pytest.mark.timeout(LONGEST)


def test_whoever_gets_no_healthy_capacity_goes_back_and_leaves_nothing() -> None:
    ran = told("tests.simulation.endings", "--router", "alb", "--platform", "group", *ENDINGS)
    assert ran == [f"{preset}/group {end}: as it must" for preset in PRESETS for end in ENDINGS]
