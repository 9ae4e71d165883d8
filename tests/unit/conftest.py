"""Examples are many and small; a busy machine is no reason to fail."""

from hypothesis import settings

settings.register_profile("signalbox", deadline=None)
settings.load_profile("signalbox")
