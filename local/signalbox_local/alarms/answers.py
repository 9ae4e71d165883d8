"""PutMetricData, GetMetricData, GetMetricStatistics and ListMetrics over the store."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend, MetricDatum, MetricDatumBase

from signalbox_local.alarms.expressions import BadExpression
from signalbox_local.alarms.math_values import Grid, Points
from signalbox_local.alarms.queries import MetricStat, Query, Reading, check_queries, samples_by_period
from signalbox_local.alarms.statistics import NotAvailable, statistic_named
from signalbox_local.alarms.store import MetricKey, Sample, store_of


def put_metric_data(backend: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    """PutMetricData: all of it, or nothing when a datum is wrong."""
    for number, datum in enumerate(metric_data, start=1):
        backend._validate_parameters_put_metric_data(datum, number)
    store = store_of(backend)
    for datum in metric_data:
        key = MetricKey.of(namespace, datum["MetricName"], _dimensions(datum))
        store.add(key, _sample(datum))


def all_metrics(backend: CloudWatchBackend) -> list[MetricDatumBase]:
    """One datum for each metric that there is, for ListMetrics."""
    return [
        MetricDatum(key.namespace, key.name, 0.0, _listed(key), None) for key in store_of(backend).metrics()
    ]


def get_metric_data(
    backend: CloudWatchBackend, queries: list[dict[str, Any]], start: datetime, end: datetime, scan_by: str
) -> list[dict[str, Any]]:
    """GetMetricData: periods begin at multiples of their length. Raises ValidationError."""
    if start >= end:
        raise ValidationError("The parameter EndTime must be greater than StartTime.")
    read = [_query(query) for query in queries]
    reading = Reading(read, store_of(backend), _grid(start, end))
    try:
        check_queries(read)
        found = [(query, points) for query in read if query.returned for points in _series(reading, query)]
    except BadExpression as problem:
        raise ValidationError(f"Error in expression: {problem}") from problem
    except NotAvailable as problem:
        raise NotImplementedError(str(problem)) from problem
    return [_result(query, points, scan_by) for query, points in found]


def get_metric_statistics(backend: CloudWatchBackend, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The datapoints of GetMetricStatistics, percentiles included."""
    start, end = given["StartTime"], given["EndTime"]
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    key = MetricKey.of(given["Namespace"], given["MetricName"], _dimensions(given))
    stat = MetricStat(key, "", int(given["Period"]), given.get("Unit"))
    found = samples_by_period(store_of(backend), stat, _grid(start, end)(stat.period))
    return [_datapoint(time, samples, given) for time, samples in found]


def _datapoint(time: float, samples: Sequence[Sample], given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        plain = {name: statistic_named(name)(samples) for name in given.get("Statistics") or ()}
        extended = {name: statistic_named(name)(samples) for name in given.get("ExtendedStatistics") or ()}
    except NotAvailable as problem:
        raise InvalidParameterValue(str(problem)) from problem
    point = {"Timestamp": _moment(time), "Unit": samples[0].unit or "None", **plain}
    known = {name: value for name, value in extended.items() if value is not None}
    return {**point, "ExtendedStatistics": known} if known else point


def _query(given: Mapping[str, Any]) -> Query:
    asked = given.get("MetricStat")
    stat = None
    if asked:
        metric = asked["Metric"]
        key = MetricKey.of(metric["Namespace"], metric["MetricName"], _dimensions(metric))
        stat = MetricStat(key, asked["Stat"], int(asked["Period"]), asked.get("Unit"))
    period = int(given["Period"]) if given.get("Period") else None
    returned = str(given.get("ReturnData", True)).lower() == "true"
    return Query(given["Id"], stat, given.get("Expression") or "", given.get("Label"), period, returned)


def _series(reading: Reading, query: Query) -> Iterator[Points]:
    """A list of series has one result each; a number holds at all times."""
    value = reading.value(query.id)
    for one in value if isinstance(value, list) else [value]:
        yield one if isinstance(one, dict) else {time: float(one) for time in reading.grid(query.id).times}


def _result(query: Query, points: Points, scan_by: str) -> dict[str, Any]:
    times = sorted(points, reverse=scan_by == "TimestampDescending")
    return {
        "id": query.id,
        "label": query.label or (query.stat.metric.name if query.stat else query.id),
        "values": [points[time] for time in times],
        "timestamps": [_moment(time) for time in times],
        "status_code": "Complete",
    }


def _grid(start: datetime, end: datetime) -> Callable[[int], Grid]:
    def grid_of(period: int) -> Grid:
        first = _epoch(start) // period * period
        return Grid(first, period, max(1, math.ceil((_epoch(end) - first) / period)), period)

    return grid_of


def _sample(datum: Mapping[str, Any]) -> Sample:
    at = _epoch(datum.get("Timestamp") or datetime.now(UTC))
    unit = datum.get("Unit")
    if values := datum.get("Values"):
        counts = datum.get("Counts") or [1] * len(values)
        return Sample.of_values(at, [float(each) for each in values], [float(each) for each in counts], unit)
    if given := datum.get("StatisticValues"):
        return Sample.of_set(at, given, unit)
    return Sample.of_values(at, [float(datum.get("Value", 0))], [1.0], unit)


def _dimensions(given: Mapping[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in given.get("Dimensions") or ()}


def _listed(key: MetricKey) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(key.dimensions)]


def _epoch(moment: datetime) -> float:
    # moto gives times without a zone, which are UTC, beside those of a client.
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp()


def _moment(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
