"""How checks change the health of a target, pure."""

from dataclasses import dataclass

from signalbox_local.plane.reports import TargetHealth
from signalbox_local.plane.topology import HealthCheckSpec

HEALTHY = TargetHealth("healthy")
REGISTERING = TargetHealth("initial", "Elb.RegistrationInProgress")
CHECKING = TargetHealth("initial", "Elb.InitialHealthChecking")
DRAINING = TargetHealth("draining", "Target.DeregistrationInProgress")
NOT_IN_USE = TargetHealth("unused", "Target.NotInUse")

MISMATCH = "Target.ResponseCodeMismatch"
TIMED_OUT = "Target.Timeout"
FAILED = "Target.FailedHealthChecks"


@dataclass(frozen=True, slots=True)
class Standing:
    """A target's health, and how many checks in a row spoke for a change."""

    health: TargetHealth = REGISTERING
    against: int = 0


def after_check(before: Standing, failure: str | None, spec: HealthCheckSpec) -> Standing:
    """`failure`: a reason code, None when it passed. As ALB: one pass makes a new target healthy, later
    on each threshold counts checks in a row."""
    healthy = before.health.state == "healthy"
    if failure is None:
        if healthy or before.health.state != "unhealthy":
            return Standing(HEALTHY)
        passed = before.against + 1
        return Standing(HEALTHY) if passed >= spec.healthy_threshold else Standing(before.health, passed)
    if before.health.state == "unhealthy":
        return Standing(TargetHealth("unhealthy", failure))
    failed = before.against + 1
    if failed >= spec.unhealthy_threshold:
        return Standing(TargetHealth("unhealthy", failure))
    return Standing(before.health if healthy else CHECKING, failed)


def matches(matcher: str, status: int) -> bool:
    """`200`, `200,301`, `200-299` and mixtures."""
    spans = [part.partition("-") for part in matcher.split(",")]
    return any(int(low) <= status <= int(high or low) for low, _, high in spans)
