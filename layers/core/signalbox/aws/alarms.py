"""Reads CloudWatch alarms, metric and composite ones."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.kernel.clock import rfc3339
from signalbox.rollouts.estate import Alarm

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import CompositeAlarmTypeDef, MetricAlarmTypeDef

# What a temporary copy takes over; an alarm on metric math has Metrics instead and is not copied.
COPIED = (
    "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit", "EvaluationPeriods",
    "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
)  # fmt: skip


def read_alarms(names: Sequence[str]) -> tuple[Alarm, ...]:
    """Those of the named alarms that exist; at most 100 names, one call."""
    if not names:
        return ()
    with aws_errors():
        answer = client("cloudwatch").describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
        )
    metric = [_metric_alarm(alarm) for alarm in answer.get("MetricAlarms", [])]
    return (*metric, *(_composite_alarm(alarm) for alarm in answer.get("CompositeAlarms", [])))


def names_with_prefix(prefix: str) -> tuple[str, ...]:
    """The names of all metric alarms that begin so."""
    with aws_errors():
        answer = client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix, MaxRecords=100)
    return tuple(alarm["AlarmName"] for alarm in answer.get("MetricAlarms", []))


def _metric_alarm(found: "MetricAlarmTypeDef") -> Alarm:
    settings: Mapping[str, object] = dict(found)
    updated = found.get("StateUpdatedTimestamp")
    copied = {name: settings[name] for name in COPIED if settings.get(name) is not None}
    return Alarm(
        name=found["AlarmName"],
        arn=found["AlarmArn"],
        state=str(found.get("StateValue", "INSUFFICIENT_DATA")),
        reason=found.get("StateReason", ""),
        updated_at=rfc3339(updated) if updated else "",
        span=found.get("Period", 60) * found.get("EvaluationPeriods", 1),
        threshold=found.get("Threshold"),
        comparison=str(found.get("ComparisonOperator", "")),
        datapoints=datapoints(found.get("StateReasonData", "")),
        dimensions={d["Name"]: d["Value"] for d in found.get("Dimensions", [])},
        copied=copied if found.get("MetricName") else {},
    )


def datapoints(reason_data: str) -> tuple[float, ...]:
    """Of `StateReasonData`, which is JSON when CloudWatch wrote it, and anything when a person did."""
    try:
        told = json.loads(reason_data)["recentDatapoints"]
        return tuple(float(value) for value in told if value is not None)
    except (ValueError, TypeError, KeyError):
        return ()


def _composite_alarm(found: "CompositeAlarmTypeDef") -> Alarm:
    updated = found.get("StateUpdatedTimestamp")
    return Alarm(
        name=found["AlarmName"],
        arn=found["AlarmArn"],
        state=str(found.get("StateValue", "INSUFFICIENT_DATA")),
        reason=found.get("StateReason", ""),
        updated_at=rfc3339(updated) if updated else "",
    )
