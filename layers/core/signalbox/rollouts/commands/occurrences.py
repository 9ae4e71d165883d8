"""Events of AWS as commands of ours. Whatever stands in them is data."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.commands.on_platform_event import InstanceChanged
from signalbox.rollouts.model import Told

EACH_MINUTE = "-sweep-each-minute"  # how the name of the quick rule ends, in template.yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class _GroupDetail:
    AutoScalingGroupName: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _GroupEvent:
    detail: _GroupDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionEnded:
    """An execution of the rollout machine has ended."""

    service: str
    rollout_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepDue:
    """Time to look after every open rollout; once an hour also after the services that rest."""

    hourly: bool = False


def instance_changed(event: JsonObject) -> InstanceChanged:
    """`EC2 Instance Launch …` or `EC2 Instance Terminate …`. Raises ValidationError."""
    group = msgspec.convert(event, _GroupEvent).detail.AutoScalingGroupName
    launched = "Launch" in str(event.get("detail-type"))
    return InstanceChanged(group=group, told=Told.LAUNCHED if launched else Told.TERMINATED)


def sweep_reason(event: JsonObject) -> ExecutionEnded | SweepDue:
    """Why the reconciler was woken: an execution has ended, or a schedule."""
    detail = event.get("detail")
    if (
        event.get("source") == "aws.states"
        and isinstance(detail, Mapping)
        and isinstance(detail.get("input"), str)
    ):
        return msgspec.json.decode(detail["input"], type=ExecutionEnded)
    rules = event.get("resources")
    return SweepDue(hourly=isinstance(rules, list) and not any(str(r).endswith(EACH_MINUTE) for r in rules))
