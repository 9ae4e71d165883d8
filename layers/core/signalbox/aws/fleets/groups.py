"""Auto Scaling groups that are scaled to nothing, and back: by themselves and for Elastic Beanstalk."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.selection import chunks, tags_in
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Condition, Kind, Place, Resource
from signalbox.fleets.switches import Target

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, InstanceTypeDef

    Group = AutoScalingGroupTypeDef

# Of DescribeAutoScalingGroups: a page, and the names that one call takes.
PAGE = 100
ENVIRONMENT = "elasticbeanstalk:environment-name"
_NEEDED = ("Launch", "Terminate")
_SIZES = 3


def with_names(names: Iterable[str], place: Place) -> "Iterator[Group]":
    """Those of the groups that are there, 100 a call."""
    for chunk in chunks(names, PAGE):
        yield from _described(place, AutoScalingGroupNames=chunk)


def with_tags(wanted: Mapping[str, Sequence[str]], place: Place) -> "Iterator[Group]":
    """By filters of Auto Scaling's own, 100 a page."""
    filters = [{"Name": f"tag:{key}", "Values": list(values)} for key, values in wanted.items()]
    return _described(place, Filters=filters)


def _described(place: Place, **request: Any) -> "Iterator[Group]":
    """Without those that are being deleted."""
    with aws_errors():
        paginator = client_in(place, "autoscaling").get_paginator("describe_auto_scaling_groups")
        for page in paginator.paginate(**request, PaginationConfig={"PageSize": PAGE}):
            yield from (group for group in page["AutoScalingGroups"] if not group.get("Status"))


def resource_of(group: "Group") -> Resource:
    """`size` is (min, max, desired) of a group that has one to remember: not of one at nothing."""
    tags = tags_in(group.get("Tags", []))  # type: ignore[arg-type]
    desired = group["DesiredCapacity"]
    types = {each.get("InstanceType", "") for each in _instances(group)}
    return Resource(
        kind=Kind.AUTOSCALING,
        id=group["AutoScalingGroupName"],
        condition=_condition(group),
        detail=_detail(group),
        obstacle=_obstacle(group),
        member_of=tags.get(ENVIRONMENT, ""),
        size=(group["MinSize"], group["MaxSize"], desired) if desired else (),
        unit=types.pop() if len(types) == 1 else "",
        tags=tags,
    )


def _instances(group: "Group") -> "list[InstanceTypeDef]":
    """Those in the warm pool are not part of its size."""
    return [each for each in group.get("Instances", []) if not each["LifecycleState"].startswith("Warmed:")]


def _condition(group: "Group") -> Condition:
    desired, instances = group["DesiredCapacity"], _instances(group)
    in_service = [each for each in instances if each["LifecycleState"] == "InService"]
    if not desired:
        return Condition.CHANGING if instances else Condition.STOPPED
    # An instance may count for more than one unit of the size.
    units = sum(int(each.get("WeightedCapacity", "1")) for each in in_service)
    return Condition.RUNNING if units >= desired else Condition.CHANGING


def _detail(group: "Group") -> str:
    """`2 wanted; 1 InService, 1 Pending`, and what keeps instances from going."""
    instances = _instances(group)
    counted = Counter(str(each["LifecycleState"]) for each in instances)
    protected = sum(bool(each.get("ProtectedFromScaleIn")) for each in instances)
    parts = [f"{count} {state}" for state, count in sorted(counted.items())]
    if protected and not group["DesiredCapacity"]:
        parts.append(f"{protected} protected from scale-in")
    return f"{group['DesiredCapacity']} wanted; {', '.join(parts) or 'none there'}"


def _obstacle(group: "Group") -> str:
    suspended = {each.get("ProcessName") for each in group.get("SuspendedProcesses", [])}
    missing = [name for name in _NEEDED if name in suspended]
    return f"{' and '.join(missing)} suspended: it cannot be scaled" if missing else ""


def switch_group(
    action: Action, name: str, target: Target, group: "Group | None", place: Place
) -> str | None:
    """Scales it; why not, or None. To start it takes the group as it is now: what somebody has set since the
    stop stays, and its maximum is never touched."""
    if action is Action.STOP:
        _write(name, {"MinSize": 0, "DesiredCapacity": 0}, place)
        return None
    if group is None:
        return "there is no such group"
    if group["DesiredCapacity"] and len(target.size) != _SIZES:
        return None
    if len(target.size) != _SIZES:
        return "its size before the stop is not known: set its desired capacity once by hand"
    return _scale_back(group, target.size, place)


def _scale_back(group: "Group", size: Sequence[int], place: Place) -> str | None:
    """Restores what still is at 0, as we left it. A minimum never raises a desired capacity that somebody
    chose, and neither goes above the maximum of now."""
    wanted_min, _, wanted = size
    desired = group["DesiredCapacity"] or min(wanted, group["MaxSize"])
    if not desired:
        return f"its maximum is {group['MaxSize']}: it cannot be scaled back to {wanted}"
    changes = {} if group["DesiredCapacity"] else {"DesiredCapacity": desired}
    least = min(wanted_min, desired)
    if least and not group["MinSize"]:
        changes["MinSize"] = least
    if changes:
        _write(group["AutoScalingGroupName"], changes, place)
    return None


def _write(name: str, changes: Mapping[str, int], place: Place) -> None:
    autoscaling = client_in(place, "autoscaling", once=True)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, **changes)  # type: ignore[arg-type]
