"""What an alarm watches and what it compares it with, read from moto's record of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from moto.cloudwatch.models import Alarm, Dimension, MetricDataQuery

from signalbox_local.alarms.evaluation import Condition, Datapoint
from signalbox_local.alarms.math_values import Grid
from signalbox_local.alarms.queries import MetricStat, Query, Reading, period_of
from signalbox_local.alarms.statistics import NotAvailable
from signalbox_local.alarms.store import MetricKey, MetricStore


@dataclass(frozen=True)
class Watched:
    """The queries of an alarm; `query` is the one whose values it compares, over `period` seconds."""

    queries: tuple[Query, ...]
    query: Query
    period: int


def watched(alarm: Alarm) -> Watched:
    """Read once from each alarm: one that is put again is another. Raises NotAvailable for composite alarms,
    BadExpression for math that refers to nothing."""
    known = vars(alarm)
    if "signalbox_watched" not in known:
        known["signalbox_watched"] = _read(alarm)
    found: Watched = known["signalbox_watched"]
    return found


def _read(alarm: Alarm) -> Watched:
    if alarm.rule or not (alarm.metric_name or alarm.metric_data_queries):
        raise NotAvailable("composite alarms are not available locally")
    queries = tuple(map(_of_query, alarm.metric_data_queries)) or (_plain(alarm),)
    wanted = next((query for query in queries if query.returned), queries[-1])
    return Watched(queries, wanted, period_of(wanted, {query.id: query for query in queries}))


def condition_of(alarm: Alarm) -> Condition:
    """What the alarm compares the metric with."""
    if alarm.threshold is None:
        raise NotAvailable("anomaly detection is not available locally")
    periods = int(alarm.evaluation_periods)
    needed = int(alarm.datapoints_to_alarm or periods)
    missing = alarm.treat_missing_data or "missing"
    return Condition(alarm.comparison_operator, float(alarm.threshold), periods, needed, missing)  # type: ignore[arg-type]


def read_series(
    what: Watched, store: MetricStore, end: datetime, periods: int, speedup: float
) -> list[Datapoint | None]:
    """The last `periods` complete periods before `end`, oldest first, None where there is no datapoint."""

    def grid_of(period: int) -> Grid:
        seconds = period / speedup
        return Grid(end.timestamp() - periods * seconds, seconds, periods, period)

    reading = Reading(what.queries, store, grid_of)
    value = reading.value(what.query.id)
    if not isinstance(value, dict):
        raise NotAvailable("an alarm watches a single time series")
    return [
        Datapoint(datetime.fromtimestamp(time, UTC), value[time]) if time in value else None
        for time in grid_of(what.period).times
    ]


def _plain(alarm: Alarm) -> Query:
    metric = MetricKey.of(alarm.namespace, alarm.metric_name, as_dict(alarm.dimensions))
    statistic = alarm.statistic or alarm.extended_statistic or ""
    return Query("m1", MetricStat(metric, statistic, int(alarm.period), alarm.unit))


def _of_query(query: MetricDataQuery) -> Query:
    returned = query.return_data is None or str(query.return_data).lower() == "true"
    period = int(query.period) if query.period else None
    stat = None
    if query.metric_stat:
        given = query.metric_stat
        metric = given.metric
        key = MetricKey.of(metric.namespace, metric.metric_name, as_dict(metric.dimensions))
        stat = MetricStat(key, given.stat, int(given.period), given.unit or None)
    return Query(query.id, stat, query.expression or "", query.label, period, returned)


def as_dict(dimensions: Sequence[Dimension]) -> dict[str, str]:
    """Dimensions by name."""
    return {str(dimension.name): str(dimension.value) for dimension in dimensions}
