"""Whoever looks at simulated runs sees what no rollout may leave: who sees nothing is always content."""

import pytest

from tests.simulation.campaigns import LONGEST, told

SEEN = {
    "nothing": "all is well",
    "minimum": "I7",
    "maximum": "I7",
    "too few": "I7",
    "old slot": "I7",
    "suspended": "I7",
    "launches the old": "I7",
    "policy": "I7",
    "warm pool": "I7",
    "weights": "I2, I7",
    "weights of 90": "I1, I7",
    "sticks": "I9",
    "rule": "I7",
    "template version": "I7",
    "lock": "I5",
    "timeline": "I8",
    "alarm": "I9",
    "half die": "I2, I7",
    "aborted": "I3",
}

pytestmark = pytest.mark.timeout(LONGEST)


def test_what_no_rollout_may_leave_is_seen() -> None:
    assert told("tests.simulation.sabotage") == [f"{what}: {seen}" for what, seen in SEEN.items()]
