"""How fast the local estate lives: real minutes become seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DELAY = "deregistration_delay.timeout_seconds"


@dataclass(frozen=True)
class EstateSettings:
    """All in seconds, but `health_speedup`: how much faster than on AWS checks and grace periods pass.

    Checks over HTTP come no more often than `shortest_check`, and wait at least `shortest_timeout`.
    """

    boot: float = 1.0
    health_speedup: float = 5.0
    longest_health_check: float = 5.0
    longest_drain: float = 2.0
    termination: float = 0.2
    launch_retry: float = 2.0
    death_notice: float = 1.0
    propagation: float = 2.0
    balancer: float = 1.0
    shortest_check: float = 0.2
    shortest_timeout: float = 1.0

    def drain_seconds(self, attributes: Mapping[str, Any]) -> float:
        """The deregistration delay of a target group with these attributes, shortened for local use."""
        return min(float(str(attributes[DELAY])), self.longest_drain)

    @staticmethod
    def from_env(environment: Mapping[str, str]) -> "EstateSettings":
        """Reads SIGNALBOX_LOCAL_BOOT_SECONDS and SIGNALBOX_LOCAL_HEALTH_SPEEDUP."""
        return EstateSettings(
            boot=float(environment.get("SIGNALBOX_LOCAL_BOOT_SECONDS", EstateSettings.boot)),
            health_speedup=float(
                environment.get("SIGNALBOX_LOCAL_HEALTH_SPEEDUP", EstateSettings.health_speedup)
            ),
        )
