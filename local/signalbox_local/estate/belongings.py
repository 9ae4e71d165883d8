"""Scaling policies, scheduled actions, a warm pool: each belongs to one group, and goes with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import (
    AutoScalingBackend,
    FakeAutoScalingGroup,
    FakeScalingPolicy,
    FakeScheduledAction,
    FakeWarmPool,
)
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow


def put_policy(
    put: Callable[..., FakeScalingPolicy], backend: AutoScalingBackend, **given: Any
) -> FakeScalingPolicy:
    """PutScalingPolicy, through moto's `put`."""
    group, name = backend.autoscaling_groups[given["as_name"]].name, given["name"]
    policy = put(backend, **given)
    backend.policies[_key(group, name)] = backend.policies.pop(name)
    return policy


def put_action(
    put: Callable[..., FakeScheduledAction], backend: AutoScalingBackend, **given: Any
) -> FakeScheduledAction:
    """PutScheduledUpdateGroupAction, through moto's `put`."""
    group, name, start = (
        backend.autoscaling_groups[given["name"]].name,
        given["scheduled_action_name"],
        given["start_time"],
    )
    if start and _instant(start) < utcnow():
        raise ValidationError("Given start time is in the past")
    action = put(backend, **given)
    backend.scheduled_actions[_key(group, name)] = backend.scheduled_actions.pop(name)
    return action


def delete_policy(response: AutoScalingResponse) -> ActionResult:
    """DeletePolicy."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    response.autoscaling_backend.policies.pop(_key(group.name, response._get_param("PolicyName")), None)
    return EmptyResult()


def execute_policy(response: AutoScalingResponse) -> ActionResult:
    """ExecutePolicy."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    name = response._get_param("PolicyName")
    policy = response.autoscaling_backend.policies.get(_key(group.name, name))
    if policy is None:
        raise ValidationError(f"No policies found for Auto Scaling Group: {group.name}, Policy: {name}")
    policy.execute()
    return EmptyResult()


def delete_action(backend: AutoScalingBackend, group: str, name: str) -> None:
    """DeleteScheduledAction."""
    if backend.scheduled_actions.pop(_key(group, name), None) is None:
        raise ValidationError("Scheduled action name not found")


def warm_pool(backend: AutoScalingBackend, group_name: str) -> FakeWarmPool | None:
    """DescribeWarmPool."""
    pool: FakeWarmPool | None = backend.autoscaling_groups[group_name].warm_pool
    return pool


def delete_warm_pool(backend: AutoScalingBackend, group_name: str) -> None:
    """DeleteWarmPool."""
    backend.autoscaling_groups[group_name].warm_pool = None


def forget(group: FakeAutoScalingGroup) -> None:
    """The group has gone, and all that is its own."""
    backend: AutoScalingBackend = group.autoscaling_backend
    for kept in (backend.policies, backend.scheduled_actions, backend.lifecycle_hooks):
        theirs = [key for key, each in kept.items() if each.auto_scaling_group_name == group.name]
        for key in theirs:
            del kept[key]


def _key(group: str, name: str) -> str:
    return f"{group}/{name}"


def _instant(given: str | datetime) -> datetime:
    told = given if isinstance(given, datetime) else datetime.fromisoformat(given)
    return told.replace(tzinfo=None)
