"""What several integration tests start from."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.integration.estate_world import World, living_estate


@pytest.fixture(scope="module")
def moto_aws() -> Iterator[None]:
    """One moto for the whole module: making EC2 anew costs a second."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield


@pytest.fixture
def estate_world(moto_aws: None) -> Iterator[World]:
    """Auto Scaling and load balancing that live by the test's clock."""
    with living_estate() as world:
        yield world
