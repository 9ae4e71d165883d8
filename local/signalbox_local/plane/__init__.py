"""The data plane: instances that answer, load balancers that forward, in a process of their own."""

from signalbox_local.plane.data_plane import DataPlane, PlaneNotStarted
from signalbox_local.plane.reports import NAMESPACE, NOT_REGISTERED, Metric, Report, TargetHealth, TargetState
from signalbox_local.plane.topology import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    HealthCheckSpec,
    InstanceSpec,
    ListenerSpec,
    Redirect,
    RuleSpec,
    StickinessSpec,
    TargetGroupSpec,
    Topology,
)

__all__ = [
    "NAMESPACE",
    "NOT_REGISTERED",
    "Action",
    "Condition",
    "DataPlane",
    "FixedResponse",
    "Forward",
    "HealthCheckSpec",
    "InstanceSpec",
    "ListenerSpec",
    "Metric",
    "PlaneNotStarted",
    "Redirect",
    "Report",
    "RuleSpec",
    "StickinessSpec",
    "TargetGroupSpec",
    "TargetHealth",
    "TargetState",
    "Topology",
]
