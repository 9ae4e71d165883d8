"""What requests to Auto Scaling do to the groups: checked as on AWS, recorded at once, carried out later."""

from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from signalbox_local.estate import Estate, capacity
from signalbox_local.estate.activities import ScalingActivity


def create_group(
    create: Callable[..., FakeAutoScalingGroup], backend: AutoScalingBackend, **given: Any
) -> FakeAutoScalingGroup:
    """CreateAutoScalingGroup, through moto's `create`."""
    capacity.check_new_name(backend, given["name"])
    minimum, maximum = int(given["min_size"]), int(given["max_size"])
    desired = given["desired_capacity"]
    capacity.check_sizes(minimum, maximum, minimum if desired is None else int(desired))
    capacity.check_target_groups(backend, given["target_group_arns"])
    group = create(backend, **given)
    # moto takes no grace period for one of 300 s.
    group.health_check_grace_period = int(given["health_check_period"] or 0)
    return group


def update_group(
    update: Callable[..., FakeAutoScalingGroup], backend: AutoScalingBackend, **given: Any
) -> FakeAutoScalingGroup:
    """UpdateAutoScalingGroup, through moto's `update`; a refused one changes nothing."""
    group = backend.autoscaling_groups[given["name"]]
    before = dict(vars(group))
    try:
        update(backend, **{**given, "desired_capacity": _wanted(group, given)})
        # moto forgets a mixed instances policy at each update that does not name it.
        if not given["mixed_instances_policy"] and not given["launch_template"]:
            group.mixed_instances_policy = before["mixed_instances_policy"]
        return group
    # Whatever moto refuses half-way, the caller gets to know; the group stays as it was.
    except Exception:
        vars(group).update(before)
        raise


def _wanted(group: FakeAutoScalingGroup, given: dict[str, Any]) -> int:
    minimum = int(group.min_size or 0) if given["min_size"] is None else int(given["min_size"])
    maximum = int(group.max_size or 0) if given["max_size"] is None else int(given["max_size"])
    desired = given["desired_capacity"]
    if desired is None:
        desired = min(max(int(group.desired_capacity or 0), minimum), max(maximum, minimum))
    capacity.check_sizes(minimum, maximum, int(desired))
    return int(desired)


def record_desired(group: FakeAutoScalingGroup, desired: int | None) -> None:
    """What moto's group does with a new desired capacity: nothing but to know it."""
    group.desired_capacity = group.min_size if desired is None else int(desired)


def set_desired_capacity(backend: AutoScalingBackend, name: str, desired: int | None) -> None:
    """SetDesiredCapacity."""
    group = backend.autoscaling_groups[name]
    capacity.check_desired(group, int(desired or 0))
    group.set_desired_capacity(desired)


def delete_group(estate: Estate, response: AutoScalingResponse) -> ActionResult:
    """DeleteAutoScalingGroup: refused while there are instances, unless ForceDelete."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    if not response._get_bool_param("ForceDelete", False):
        capacity.check_deletable(group)
    estate.groups.delete(group)
    return EmptyResult()


def describe_activities(estate: Estate, response: AutoScalingResponse) -> ActionResult:
    """DescribeScalingActivities."""
    listed = estate.groups.activities(response._get_param("AutoScalingGroupName"))
    if wanted := response._get_param("ActivityIds"):
        listed = [activity for activity in listed if activity.activity_id in wanted]
    return ActionResult({"Activities": listed[: response._get_int_param("MaxRecords", 100)]})


def terminate_instance(
    estate: Estate, backend: AutoScalingBackend, instance_id: str, should_decrement: bool
) -> ScalingActivity:
    """TerminateInstanceInAutoScalingGroup."""
    group, state = _member(backend, instance_id)
    if should_decrement:
        capacity.check_decrement(group)
        group.set_desired_capacity(int(group.desired_capacity or 0) - 1)
    return estate.groups.terminate(group, state, "in response to a user request")


def set_instance_health(estate: Estate, response: AutoScalingResponse) -> ActionResult:
    """SetInstanceHealth: respects the grace period unless it is told not to."""
    group, state = _member(response.autoscaling_backend, response._get_param("InstanceId"))
    status = response._get_param("HealthStatus")
    if status not in {"Healthy", "Unhealthy"}:
        raise ValidationError("Valid instance health states are: [Healthy, Unhealthy]")
    respects = response._get_bool_param("ShouldRespectGracePeriod", True)
    if status == "Healthy" or not (respects and estate.groups.judge.is_in_grace(group, state)):
        state.health_status = status
    return EmptyResult()


def attach_target_groups(
    estate: Estate, backend: AutoScalingBackend, group_name: str, target_group_arns: list[str]
) -> None:
    """AttachLoadBalancerTargetGroups: registers the instances in service."""
    capacity.check_target_groups(backend, target_group_arns)
    group = backend.autoscaling_groups[group_name]
    group.append_target_groups(target_group_arns)
    estate.groups.register(group)


def detach_target_groups(
    estate: Estate, backend: AutoScalingBackend, group_name: str, target_group_arns: list[str]
) -> None:
    """DetachLoadBalancerTargetGroups: takes the instances out, too."""
    group = backend.autoscaling_groups[group_name]
    if any(arn not in group.target_group_arns for arn in target_group_arns):
        raise ValidationError("Trying to remove Target Groups that are not part of the group")
    group.target_group_arns = [arn for arn in group.target_group_arns if arn not in target_group_arns]
    for state in group.instance_states:
        estate.groups.deregister(group, state, target_group_arns)


def detach_instances(
    estate: Estate,
    detach: Callable[..., list[Any]],
    backend: AutoScalingBackend,
    group_name: str,
    *given: Any,
) -> list[Any]:
    """DetachInstances, through moto's `detach`: takes them out of the target groups first."""
    group = backend.autoscaling_groups[group_name]
    for state in group.instance_states:
        if state.instance_id in given[0]:
            estate.groups.deregister(group, state, group.target_group_arns)
    return detach(backend, group_name, *given)


def launch_template_of(
    estate: Estate, described: dict[str, Any] | None, state: InstanceState
) -> dict[str, Any] | None:
    """The launch template of an instance, with the version that it was started from."""
    version = estate.groups.launched_version(state.instance_id)
    return described and {**described, "Version": str(version or described["Version"])}


def _member(backend: AutoScalingBackend, instance_id: str) -> tuple[FakeAutoScalingGroup, InstanceState]:
    for group in backend.autoscaling_groups.values():
        for state in group.instance_states:
            if state.instance_id == instance_id:
                return group, state
    raise ValidationError(f"Instance Id not found - No managed instance found for instance ID {instance_id}")
