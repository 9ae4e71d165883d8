"""How fast the local estate lives: real minutes become seconds."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EstateSettings:
    """All in seconds, but `health_speedup`: how much faster than on AWS checks and grace periods pass."""

    boot: float = 1.0
    health_speedup: float = 5.0
    longest_health_check: float = 5.0
    longest_drain: float = 2.0
    termination: float = 0.2
    launch_retry: float = 2.0

    @staticmethod
    def from_env(environment: Mapping[str, str]) -> "EstateSettings":
        """Reads SIGNALBOX_LOCAL_BOOT_SECONDS and SIGNALBOX_LOCAL_HEALTH_SPEEDUP."""
        return EstateSettings(
            boot=float(environment.get("SIGNALBOX_LOCAL_BOOT_SECONDS", EstateSettings.boot)),
            health_speedup=float(
                environment.get("SIGNALBOX_LOCAL_HEALTH_SPEEDUP", EstateSettings.health_speedup)
            ),
        )
