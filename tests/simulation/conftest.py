"""What the tests of campaigns share."""

from collections.abc import Iterator

import pytest

from tests.simulation.campaigns import Simulate, simulating


@pytest.fixture(scope="session")
def simulate() -> Iterator[Simulate]:
    """Campaigns that begin with one universe, made once for each worker."""
    with simulating() as asked:
        yield asked
