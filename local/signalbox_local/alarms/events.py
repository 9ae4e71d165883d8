"""The shape of "CloudWatch Alarm State Change", as CloudWatch writes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import Alarm

from signalbox_local.alarms.evaluation import Datapoint
from signalbox_local.alarms.expressions import BadExpression
from signalbox_local.alarms.metrics import Watched, watched
from signalbox_local.alarms.queries import MetricStat, Query
from signalbox_local.alarms.statistics import NotAvailable


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


def reason_data(what: Watched, threshold: float, points: Sequence[Datapoint], now: datetime) -> str:
    """The figures behind a verdict, as JSON text; the result of an expression has no statistic."""
    stat = what.query.stat
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": stamp(now),
        **({"statistic": stat.statistic} if stat else {}),
        "period": what.period,
        "recentDatapoints": [point.value for point in points],
        "threshold": threshold,
    }
    if stat and stat.unit:
        data["unit"] = stat.unit
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
        what = watched(alarm)
    except (NotAvailable, BadExpression):
        return []
    return [_metric(query, query.id == what.query.id) for query in what.queries]


def _metric(query: Query, returned: bool) -> dict[str, Any]:
    label = {"label": query.label} if query.label else {}
    if query.stat:
        return {"id": query.id, "metricStat": _stat(query.stat), **label, "returnData": returned}
    return {"id": query.id, "expression": query.expression, **label, "returnData": returned}


def _stat(stat: MetricStat) -> dict[str, Any]:
    dimensions = dict(sorted(stat.metric.dimensions))
    metric = {"namespace": stat.metric.namespace, "name": stat.metric.name, "dimensions": dimensions}
    unit = {"unit": stat.unit} if stat.unit else {}
    return {"metric": metric, "period": stat.period, "stat": stat.statistic, **unit}
