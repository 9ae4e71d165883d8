"""The shape of "CloudWatch Alarm State Change", as CloudWatch writes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import Alarm

from signalbox_local.alarms.evaluation import Datapoint
from signalbox_local.alarms.metrics import NotAvailable, Watched, watched_metric


@dataclass(frozen=True)
class AlarmState:
    """An alarm's state at one time; `data` is JSON text, empty when there is none."""

    value: str
    reason: str
    data: str
    since: datetime

    def as_detail(self) -> dict[str, str]:
        detail = {"value": self.value, "reason": self.reason, "timestamp": stamp(self.since)}
        return detail | {"reasonData": self.data} if self.data else detail


def stamp(moment: datetime) -> str:
    """CloudWatch's time format: milliseconds and +0000."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def state_change(alarm: Alarm, before: AlarmState, after: AlarmState) -> dict[str, Any]:
    """The event of one change of state, to be put into an envelope."""
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": [alarm.alarm_arn],
        "detail": {
            "alarmName": alarm.name,
            "configuration": _configuration(alarm),
            "previousState": before.as_detail(),
            "state": after.as_detail(),
        },
    }


def reason_data(watched: Watched, threshold: float, points: Sequence[Datapoint], now: datetime) -> str:
    """The figures behind a verdict, as JSON text."""
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": stamp(now),
        "statistic": watched.statistic,
        "period": watched.period,
        "recentDatapoints": [point.value for point in points],
        "threshold": threshold,
    }
    if watched.unit:
        data["unit"] = watched.unit
    if points:
        data["startDate"] = stamp(points[0].start)
        data["evaluatedDatapoints"] = [
            {"timestamp": stamp(point.start), "value": point.value} for point in reversed(points)
        ]
    return json.dumps(data, separators=(",", ":"))


def _configuration(alarm: Alarm) -> dict[str, Any]:
    described = {"description": alarm.description} if alarm.description else {}
    return described | {"metrics": _metrics(alarm)}


def _metrics(alarm: Alarm) -> list[dict[str, Any]]:
    try:
        watched = watched_metric(alarm)
    except NotAvailable:
        return [
            {"id": query.id, "expression": query.expression, "returnData": bool(query.return_data)}
            for query in alarm.metric_data_queries
        ]
    metric = {"namespace": watched.namespace, "name": watched.name, "dimensions": watched.dimensions}
    stat = {"metric": metric, "period": watched.period, "stat": watched.statistic}
    return [{"id": watched.id, "metricStat": stat, "returnData": True}]
