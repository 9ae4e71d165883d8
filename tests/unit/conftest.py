"""Examples are many and small; a busy machine is no reason to fail."""

from hypothesis import settings

settings.register_profile("signalbox", deadline=None)
settings.register_profile("mutants", deadline=None, max_examples=20, derandomize=True)
settings.load_profile("signalbox")
