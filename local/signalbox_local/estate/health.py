"""The health of one load balancer target, pure: times in, state out."""

from dataclasses import dataclass
from typing import Literal

TargetState = Literal["initial", "healthy", "unhealthy", "draining", "unused"]

# What DescribeTargetHealth says beside a state that is not healthy.
DESCRIPTIONS = {
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.Timeout": "Request timed out",
    "Target.ResponseCodeMismatch": "Health checks failed with an unexpected code",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.InvalidState": "Target is in the stopped state",
}


@dataclass(frozen=True)
class Health:
    """A target's state and, unless it is healthy, the reason code."""

    state: TargetState
    reason: str | None = None

    @property
    def description(self) -> str | None:
        return DESCRIPTIONS.get(self.reason or "")


@dataclass(frozen=True)
class Checks:
    """Since when a target is checked and whether it passes; all times in seconds of one clock.

    `passing_since` is when its image last became good or bad; `pass_after` and `fail_after` are how long
    checks must pass or fail to change the state.
    """

    checked_since: float
    passing: bool
    passing_since: float
    pass_after: float
    fail_after: float


def checked_health(checks: Checks, now: float) -> Health:
    """What the health checks say at `now`."""
    since = max(checks.checked_since, checks.passing_since)
    if now - since >= (checks.pass_after if checks.passing else checks.fail_after):
        return _verdict(checks.passing)
    before = checks.fail_after if checks.passing else checks.pass_after
    if checks.passing_since - checks.checked_since >= before:
        return _verdict(not checks.passing)
    early = now - checks.checked_since < checks.pass_after / 2
    return Health("initial", "Elb.RegistrationInProgress" if early else "Elb.InitialHealthChecking")


def _verdict(passing: bool) -> Health:
    return Health("healthy") if passing else Health("unhealthy", "Target.FailedHealthChecks")
