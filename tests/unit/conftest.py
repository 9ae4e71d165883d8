"""Examples are many and small; a busy machine is no reason to fail."""

import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("signalbox", deadline=None)
settings.register_profile("mutants", deadline=None, max_examples=20, derandomize=True)
settings.load_profile("signalbox")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Without coverage where that is asked for. The `no_cover` of pytest-cov has no effect in workers of
    pytest-xdist: what measured before they began goes on."""
    tracer = sys.gettrace() if item.get_closest_marker("untraced") else None
    if tracer is None:
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
