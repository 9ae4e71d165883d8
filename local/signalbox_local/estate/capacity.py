"""What EC2 Auto Scaling refuses, in its own words, and whom it terminates first."""

from collections import Counter
from collections.abc import Callable, Sequence

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.core.exceptions import ServiceException

ALIVE = frozenset({"Pending", "Pending:Wait", "Pending:Proceed", "InService"})


class KnownGroups(dict[str, FakeAutoScalingGroup]):
    """The groups by name; asking for one that does not exist is the caller's error, not a KeyError."""

    def __missing__(self, name: str) -> FakeAutoScalingGroup:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")


def check_sizes(minimum: int, maximum: int, desired: int) -> None:
    """Raises ValidationError unless minimum <= desired <= maximum."""
    if minimum > maximum:
        raise ValidationError(f"Max bound, {maximum}, must be greater than or equal to min bound, {minimum}")
    if not minimum <= desired <= maximum:
        raise ValidationError(
            f"Desired capacity:{desired} must be between the specified min size:{minimum} "
            f"and max size:{maximum}"
        )


def check_desired(group: FakeAutoScalingGroup, desired: int) -> None:
    """Raises what SetDesiredCapacity answers to a value outside of the group's bounds."""
    if desired > int(group.max_size or 0):
        raise ValidationError(
            f"New SetDesiredCapacity value {desired} is above max value {group.max_size} "
            "for the AutoScalingGroup."
        )
    if desired < int(group.min_size or 0):
        raise ValidationError(
            f"New SetDesiredCapacity value {desired} is below min value {group.min_size} "
            "for the AutoScalingGroup."
        )


def check_decrement(group: FakeAutoScalingGroup) -> None:
    """Raises when one instance fewer would violate the group's minimum."""
    if int(group.desired_capacity or 0) - 1 < int(group.min_size or 0):
        raise ValidationError(
            f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without "
            "replacement will violate group's min size constraint. Either set "
            "shouldDecrementDesiredCapacity flag to false or lower group's min size."
        )


def check_new_name(backend: AutoScalingBackend, name: str) -> None:
    """Raises AlreadyExists; moto would replace the group."""
    if name in backend.autoscaling_groups:
        raise AutoscalingClientError(
            "AlreadyExists",
            f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
        )


def check_target_groups(backend: AutoScalingBackend, arns: Sequence[str]) -> None:
    """Raises ValidationError unless all target groups exist."""
    if any(arn not in backend.elbv2_backend.target_groups for arn in arns):
        raise ValidationError(
            "Provided Target Groups may not be valid. Please ensure they exist and try again."
        )


def check_launch_template(group: FakeAutoScalingGroup) -> None:
    """Raises ValidationError unless the version exists and names an image."""
    if group.ec2_launch_template is None:
        return
    prefix = "You must use a valid fully-formed launch template."
    try:
        version = group.ec2_launch_template.get_version(group.launch_template_version)
    except ServiceException as error:
        raise ValidationError(f"{prefix} {error.message}") from error
    if not version.image_id:
        raise ValidationError(f"{prefix} The request must contain the parameter ImageId")


def check_deletable(group: FakeAutoScalingGroup) -> None:
    """Raises what DeleteAutoScalingGroup without ForceDelete answers to a group that is not empty."""
    if group.warm_pool is not None:
        raise AutoscalingClientError(
            "ResourceInUse", "You cannot delete an AutoScalingGroup while there is a warm pool in the group."
        )
    if any(not is_leaving(state) for state in group.instance_states):
        raise AutoscalingClientError(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
            "request(s) still in the group.",
        )
    if group.instance_states:
        raise AutoscalingClientError(
            "ScalingActivityInProgress",
            "You cannot delete an AutoScalingGroup while there are scaling activities in progress "
            "for that group.",
        )


def is_suspended(group: FakeAutoScalingGroup, process: str) -> bool:
    """Whether a scaling process of the group is suspended."""
    return any(each["ProcessName"] == process for each in group.suspended_processes)


def is_leaving(state: InstanceState) -> bool:
    """Whether an instance is on its way out."""
    return str(state.lifecycle_state).startswith("Terminating")


def alive(group: FakeAutoScalingGroup) -> list[InstanceState]:
    """The instances that count towards the desired capacity."""
    return [state for state in group.instance_states if state.lifecycle_state in ALIVE]


def choose_victims(
    group: FakeAutoScalingGroup, count: int, version_of: Callable[[InstanceState], int]
) -> list[InstanceState]:
    """Whom a scale-in terminates: keeps zones balanced, then follows the group's termination policy."""
    candidates = [state for state in alive(group) if not state.protected_from_scale_in]
    victims: list[InstanceState] = []
    for _ in range(min(count, len(candidates))):
        zones = Counter(state.availability_zone for state in candidates)
        fullest = [each for each in candidates if zones[each.availability_zone] == max(zones.values())]
        victims.append(min(fullest, key=_order(group.termination_policies[0], version_of)))
        candidates.remove(victims[-1])
    return victims


def _order(
    policy: str, version_of: Callable[[InstanceState], int]
) -> Callable[[InstanceState], tuple[float, float]]:
    def launched(state: InstanceState) -> float:
        return float(state.instance.launch_time.timestamp())

    match policy:
        case "NewestInstance":
            return lambda state: (-launched(state), 0)
        case "OldestInstance":
            return lambda state: (launched(state), 0)
        case _:
            return lambda state: (version_of(state), launched(state))
