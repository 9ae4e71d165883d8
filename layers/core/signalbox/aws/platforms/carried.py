"""Reads what belongs to an Auto Scaling group beside its settings, as it is written for a copy."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Carried

HOOK = (
    "LifecycleHookName", "LifecycleTransition", "NotificationMetadata", "HeartbeatTimeout", "DefaultResult",
    "NotificationTargetARN", "RoleARN",
)  # fmt: skip
POLICY = (
    "PolicyName", "PolicyType", "AdjustmentType", "MinAdjustmentStep", "MinAdjustmentMagnitude",
    "ScalingAdjustment", "Cooldown", "MetricAggregationType", "StepAdjustments", "EstimatedInstanceWarmup",
    "TargetTrackingConfiguration", "Enabled", "PredictiveScalingConfiguration",
)  # fmt: skip
ACTION = (
    "ScheduledActionName", "StartTime", "EndTime", "Recurrence", "MinSize", "MaxSize", "DesiredCapacity",
    "TimeZone",
)  # fmt: skip
OF_PEOPLE = ("SimpleScaling", "StepScaling")  # policies that no alarm calls but one that somebody made


def read_carried(group: str) -> Carried:
    """Lifecycle hooks, scaling policies and scheduled actions, in three calls."""
    with aws_errors():
        hooks = client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
        pages = client("autoscaling").get_paginator("describe_policies").paginate(AutoScalingGroupName=group)
        policies = [policy for page in pages for policy in page["ScalingPolicies"]]
        scheduled = client("autoscaling").get_paginator("describe_scheduled_actions")
        actions = [
            action
            for page in scheduled.paginate(AutoScalingGroupName=group)
            for action in page["ScheduledUpdateGroupActions"]
        ]
    return Carried(
        hooks=tuple(_only(HOOK, dict(hook)) for hook in hooks),
        policies=tuple(_only(POLICY, dict(policy)) for policy in policies),
        actions=tuple(_action(dict(action)) for action in actions),
        alarms={
            policy["PolicyName"]: tuple(alarm["AlarmName"] for alarm in policy["Alarms"])
            for policy in policies
            if policy["PolicyType"] in OF_PEOPLE and policy.get("Alarms")
        },
    )


def _only(names: Iterable[str], found: Mapping[str, object]) -> JsonObject:
    return {name: found[name] for name in names if found.get(name) not in (None, "", [], {})}


def _action(found: Mapping[str, object]) -> JsonObject:
    """A recurring one goes on by its recurrence: its start is the next moment, which may soon have passed."""
    kept = _only(ACTION, found)
    if "Recurrence" in kept:
        kept.pop("StartTime", None)
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in kept.items()}
