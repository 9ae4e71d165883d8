"""Reads what an alarm watches out of moto's stored metric data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from moto.cloudwatch.models import Alarm, Dimension, MetricAggregatedDatum, MetricDatum, MetricDatumBase

from signalbox_local.alarms.evaluation import Condition, Datapoint

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


class NotAvailable(Exception):
    """The alarm watches something that the local runtime cannot evaluate."""


@dataclass(frozen=True)
class Watched:
    """One metric with its statistic; `period` in seconds; `id` names it in the state-change event."""

    id: str
    namespace: str
    name: str
    dimensions: dict[str, str]
    statistic: str
    period: int
    unit: str | None

    def matches(self, datum: MetricDatumBase) -> bool:
        """Whether a datum belongs to exactly this metric: all dimensions, no more and no fewer."""
        same = datum.namespace == self.namespace and datum.name == self.name
        same_unit = self.unit is None or datum.unit == self.unit
        return same and same_unit and _as_dict(datum.dimensions) == self.dimensions


def watched_metric(alarm: Alarm) -> Watched:
    """The one metric of an alarm; raises NotAvailable for metric math and composite alarms."""
    if alarm.metric_data_queries:
        return _of_query(alarm)
    if alarm.rule or not alarm.metric_name:
        raise NotAvailable("composite alarms are not available locally")
    statistic = alarm.statistic or alarm.extended_statistic or ""
    dimensions = _as_dict(alarm.dimensions)
    return Watched(
        "m1", alarm.namespace, alarm.metric_name, dimensions, statistic, int(alarm.period), alarm.unit
    )


def _of_query(alarm: Alarm) -> Watched:
    query = alarm.metric_data_queries[0]
    stat = query.metric_stat
    if len(alarm.metric_data_queries) > 1 or query.expression or stat is None:
        raise NotAvailable("metric math is not available locally")
    metric = stat.metric
    dimensions = _as_dict(metric.dimensions)
    period, unit = int(stat.period), stat.unit or None
    return Watched(query.id, metric.namespace, metric.metric_name, dimensions, stat.stat, period, unit)


def condition_of(alarm: Alarm) -> Condition:
    """What the alarm compares the metric with."""
    periods = int(alarm.evaluation_periods)
    needed = int(alarm.datapoints_to_alarm or periods)
    missing = alarm.treat_missing_data or "missing"
    return Condition(alarm.comparison_operator, float(alarm.threshold), periods, needed, missing)  # type: ignore[arg-type]


def read_series(
    watched: Watched, data: Sequence[MetricDatumBase], end: datetime, periods: int
) -> list[Datapoint | None]:
    """The last `periods` complete periods before `end`, oldest first, None where there is no datum."""
    length = timedelta(seconds=watched.period)
    start = end - periods * length
    buckets: list[list[MetricDatumBase]] = [[] for _ in range(periods)]
    for datum in data:
        moment = _aware(datum.timestamp)
        if start <= moment < end and watched.matches(datum):
            buckets[(moment - start) // length].append(datum)
    return [
        Datapoint(start + index * length, _statistic(watched.statistic, bucket)) if bucket else None
        for index, bucket in enumerate(buckets)
    ]


def _statistic(name: str, data: Sequence[MetricDatumBase]) -> float:
    singles = [datum.value for datum in data if isinstance(datum, MetricDatum)]
    sets = [datum for datum in data if isinstance(datum, MetricAggregatedDatum)]
    total = sum(singles) + sum(each.sum for each in sets)
    count = len(singles) + sum(each.sample_count for each in sets)
    match name:
        case "Sum":
            return total
        case "SampleCount":
            return count
        case "Average":
            return total / count if count else 0.0
        case "Minimum":
            return min([*singles, *(each.min for each in sets)])
        case "Maximum":
            return max([*singles, *(each.max for each in sets)])
    if not (percentile := _PERCENTILE.fullmatch(name)) or sets:
        raise NotAvailable(f"the statistic {name} is not available locally")
    return _percentile(sorted(singles), float(percentile[1]) / 100)


def _percentile(values: Sequence[float], share: float) -> float:
    position = share * (len(values) - 1)
    below, rest = int(position), position % 1
    above = min(below + 1, len(values) - 1)
    return values[below] + rest * (values[above] - values[below])


def _as_dict(dimensions: Sequence[Dimension]) -> dict[str, str]:
    return {str(dimension.name): str(dimension.value) for dimension in dimensions}


def _aware(moment: datetime) -> datetime:
    # moto's own timestamps are naive UTC, those of a client carry their zone.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
