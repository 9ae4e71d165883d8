"""Requests about lifecycle hooks, checked as on AWS."""

from collections.abc import Callable, Mapping
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import LifecycleHook
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from signalbox_local.estate import Estate
from signalbox_local.estate.hooks import ABANDON, CONTINUE, HEARTBEATS, LAUNCHING, TERMINATING, Action

SHORTEST, LONGEST, LONGEST_WAIT = 30, 7_200, 172_800
_DEFAULT_TIMEOUT = 3_600


def create_group_with_hooks(
    create: Callable[[AutoScalingResponse], ActionResult], response: AutoScalingResponse
) -> ActionResult:
    """CreateAutoScalingGroup: the hooks are there before the first instance is."""
    given = response._get_params()
    hooks = given.get("LifecycleHookSpecificationList") or []
    for each in hooks:
        _check(each)
    answer = create(response)
    for each in hooks:
        _put(response, {**each, "AutoScalingGroupName": given["AutoScalingGroupName"]})
    return answer


def put_hook(response: AutoScalingResponse) -> ActionResult:
    """PutLifecycleHook."""
    given = response._get_params()
    group = response.autoscaling_backend.autoscaling_groups[given["AutoScalingGroupName"]]
    known = response.autoscaling_backend.lifecycle_hooks.get(f"{group.name}_{given['LifecycleHookName']}")
    merged = {**(_described(known) if known else {}), **given}
    _check(merged)
    _put(response, merged)
    return EmptyResult()


def delete_hook(
    estate: Estate, delete: Callable[[AutoScalingResponse], ActionResult], response: AutoScalingResponse
) -> ActionResult:
    """DeleteLifecycleHook: nobody waits for it any longer."""
    estate.groups.hooks.drop_hook(
        response._get_param("AutoScalingGroupName"), response._get_param("LifecycleHookName")
    )
    return delete(response)


def complete_action(estate: Estate, response: AutoScalingResponse) -> ActionResult:
    """CompleteLifecycleAction."""
    result = response._get_param("LifecycleActionResult")
    if result not in {CONTINUE, ABANDON}:
        raise ValidationError(f"{result} is not a valid lifecycle action result")
    estate.groups.hooks.complete(_asked(estate, response), result)
    return EmptyResult()


def record_heartbeat(estate: Estate, response: AutoScalingResponse) -> ActionResult:
    """RecordLifecycleActionHeartbeat."""
    estate.groups.hooks.beat(_asked(estate, response))
    return EmptyResult()


def _asked(estate: Estate, response: AutoScalingResponse) -> Action:
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    return estate.groups.hooks.find(
        group.name,
        response._get_param("LifecycleHookName"),
        response._get_param("InstanceId"),
        response._get_param("LifecycleActionToken"),
    )


def _check(given: Mapping[str, Any]) -> None:
    if given.get("LifecycleTransition") not in {LAUNCHING, TERMINATING}:
        raise ValidationError("Please choose the lifecycle transition for which you want to use a hook")
    if given.get("DefaultResult", ABANDON) not in {CONTINUE, ABANDON}:
        raise ValidationError("Default result must be either CONTINUE or ABANDON")
    if not SHORTEST <= int(given.get("HeartbeatTimeout", _DEFAULT_TIMEOUT)) <= LONGEST:
        raise ValidationError(f"Heartbeat timeout must be between {SHORTEST} and {LONGEST} seconds")


def _put(response: AutoScalingResponse, given: Mapping[str, Any]) -> None:
    timeout = int(given.get("HeartbeatTimeout", _DEFAULT_TIMEOUT))
    hook = response.autoscaling_backend.create_lifecycle_hook(
        name=given["LifecycleHookName"],
        as_name=given["AutoScalingGroupName"],
        transition=given["LifecycleTransition"],
        timeout=timeout,
        result=given.get("DefaultResult", ABANDON),
    )
    # moto makes up a role and a queue.
    vars(hook).update(
        role_arn=given.get("RoleARN"),
        notification_target_arn=given.get("NotificationTargetARN"),
        notification_metadata=given.get("NotificationMetadata"),
    )
    hook.global_timeout = min(LONGEST_WAIT, HEARTBEATS * timeout)


def _described(hook: LifecycleHook) -> dict[str, Any]:
    return {
        "LifecycleTransition": hook.lifecycle_transition,
        "HeartbeatTimeout": hook.heartbeat_timeout,
        "DefaultResult": hook.default_result,
    }
