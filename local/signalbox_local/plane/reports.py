"""What the data plane tells: the health of targets, and metrics as CloudWatch would get them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

TargetState = Literal["initial", "healthy", "unhealthy", "draining", "unused"]
NAMESPACE = "AWS/ApplicationELB"


@dataclass(frozen=True)
class TargetHealth:
    """A target's state and, unless it is healthy, AWS's reason code."""

    state: TargetState
    reason: str | None = None


NOT_REGISTERED = TargetHealth("unused", "Target.NotRegistered")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One time slot: each of `values` was seen as often as `counts` says; `at`: the slot's begin (epoch)."""

    name: str
    dimensions: Mapping[str, str]
    at: float
    values: list[float]
    counts: list[float]
    unit: str
    namespace: str = NAMESPACE


@dataclass(frozen=True, kw_only=True)
class Report:
    """`health`: what changed, by target group and instance (`NOT_REGISTERED`: gone); `metrics`: a slot's."""

    health: Mapping[str, Mapping[str, TargetHealth]] = field(default_factory=dict)
    metrics: list[Metric] = field(default_factory=list)
