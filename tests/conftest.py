"""What holds for all tests."""

import gc
from collections.abc import Sequence

import pytest

# These take minutes. Begun last, one worker would be busy with them when all others have nothing left to do.
LONGEST = (
    "test_worlds",
    "test_a_role_that_lacks_one_permission",
    "test_a_role_of_compliance_that_lacks_one_permission",
    "test_compliance",
    "test_fleets",
    "test_demo",
    "test_demo_fleet",
    "test_demo_compliance",
    "test_rehearsal",
    "test_ab_test",
)

# What is loaded until the first test runs stays; looking through it for garbage takes as long as loading it.
gc.disable()


def pytest_collection_finish() -> None:
    """From now on only what tests make is looked through."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, whole; all others stay in their order."""
    items.sort(key=lambda item: _rank(item.path.stem, LONGEST))


def _rank(name: str, first: Sequence[str]) -> int:
    return first.index(name) if name in first else len(first)
