"""Events of AWS as commands of ours. Whatever stands in them is data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.commands.on_alarm import AlarmRaised
from signalbox.rollouts.commands.on_platform_event import InstanceChanged
from signalbox.rollouts.model import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    value: Literal["ALARM"]
    timestamp: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _AlarmDetail:
    alarmName: str  # noqa: N815 - AWS's name
    state: _State


@dataclass(frozen=True, slots=True, kw_only=True)
class _AlarmEvent:
    resources: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    detail: _AlarmDetail


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
    """Time to look after everything."""


def alarm_raised(event: JsonObject) -> AlarmRaised:
    """`CloudWatch Alarm State Change`, as a signal with the instant of the change. Raises ValidationError."""
    read = msgspec.convert(event, _AlarmEvent)
    at = from_rfc3339(read.detail.state.timestamp)
    return AlarmRaised(
        arn=read.resources[0],
        name=read.detail.alarmName,
        at=rfc3339(at),
        reason=read.detail.state.reason[:1000],
    )


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
    return SweepDue()
