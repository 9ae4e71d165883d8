"""`CloudWatch Alarm State Change` as a command of ours. Whatever stands in it is data."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.commands.on_alarm import AlarmRaised


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
