"""Every preset, when its new version never becomes healthy, and without room for one instance more."""

import os
import subprocess
import sys

import pytest

from signalbox.rollouts.strategies.presets import PRESETS
from tests.simulation.campaigns import LONGEST, ROOT

pytestmark = pytest.mark.timeout(LONGEST)


def test_whoever_gets_no_healthy_capacity_goes_back_and_leaves_nothing() -> None:
    command = [sys.executable, "-m", "tests.simulation.endings", "--router", "alb", "--platform", "group"]
    ran = subprocess.run(
        [*command, "never-healthy", "shortfall"],
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = [
        f"{preset}/group {end}: as it must" for preset in PRESETS for end in ("never-healthy", "shortfall")
    ]
    assert ran.stdout.splitlines() == told, ran.stderr
