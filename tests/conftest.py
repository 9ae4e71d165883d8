"""What holds for all tests."""

import gc

# What is loaded until the first test runs stays; looking through it for garbage takes as long as loading it.
gc.disable()


def pytest_collection_finish() -> None:
    """From now on only what tests make is looked through."""
    gc.freeze()
    gc.enable()
