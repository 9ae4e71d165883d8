"""Reads CloudWatch alarms, metric and composite ones."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.kernel.clock import rfc3339
from signalbox.rollouts.estate import Alarm

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import (
        CompositeAlarmTypeDef,
        MetricAlarmTypeDef,
        MetricStatOutputTypeDef,
    )

# What a temporary copy takes over; an alarm on metric math has Metrics instead of one metric.
COPIED = (
    "Metrics", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit",
    "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData",
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
    copied = {name: settings[name] for name in COPIED if settings.get(name) not in (None, [])}
    return Alarm(
        name=found["AlarmName"],
        arn=found["AlarmArn"],
        state=str(found.get("StateValue", "INSUFFICIENT_DATA")),
        reason=found.get("StateReason", ""),
        updated_at=rfc3339(updated) if updated else "",
        span=_period(found) * found.get("EvaluationPeriods", 1),
        threshold=found.get("Threshold"),
        comparison=str(found.get("ComparisonOperator", "")),
        datapoints=datapoints(found.get("StateReasonData", "")),
        dimensions=_dimensions(found),
        copied=copied,
    )


def _period(found: "MetricAlarmTypeDef") -> int:
    """In seconds; of metric math the longest."""
    periods = [stat.get("Period", 60) for stat in _stats(found)]
    return found.get("Period") or max(periods, default=60)


def _dimensions(found: "MetricAlarmTypeDef") -> dict[str, str]:
    """Those of all its metrics together."""
    listed = [
        *found.get("Dimensions", []),
        *(d for s in _stats(found) for d in s["Metric"].get("Dimensions", [])),
    ]
    return {pair["Name"]: pair["Value"] for pair in listed}


def _stats(found: "MetricAlarmTypeDef") -> "list[MetricStatOutputTypeDef]":
    return [query["MetricStat"] for query in found.get("Metrics", []) if "MetricStat" in query]


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
