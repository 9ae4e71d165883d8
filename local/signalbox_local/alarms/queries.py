"""Metric data queries, as alarms and GetMetricData have them: statistics of metrics, and math over these."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from signalbox_local.alarms.expressions import BadExpression, Expression
from signalbox_local.alarms.math_values import Grid, Points, Value, kept
from signalbox_local.alarms.statistics import statistic_named
from signalbox_local.alarms.store import MetricKey, MetricStore, Sample


@dataclass(frozen=True)
class MetricStat:
    """One metric with its statistic; `period` in seconds."""

    metric: MetricKey
    statistic: str
    period: int
    unit: str | None = None


@dataclass(frozen=True)
class Query:
    """Either a `stat` or an `expression`; `period` is what an expression asks for."""

    id: str
    stat: MetricStat | None = None
    expression: str = ""
    label: str | None = None
    period: int | None = None
    returned: bool = True


class Reading:
    """Answers queries from a store, each once; `grid_of` says which periods are read for a length."""

    def __init__(self, queries: Iterable[Query], store: MetricStore, grid_of: Callable[[int], Grid]) -> None:
        self._queries = {query.id: query for query in queries}
        self._store = store
        self._grid_of = grid_of
        self._values: dict[str, Value] = {}

    def value(self, query_id: str) -> Value:
        """Raises BadExpression or NotAvailable."""
        if query_id not in self._values:
            query = self._queries[query_id]
            self._values[query_id] = self._stat(query.stat) if query.stat else self._math(query)
        return self._values[query_id]

    def grid(self, query_id: str) -> Grid:
        """The periods of a query's answer."""
        return self._grid_of(period_of(self._queries[query_id], self._queries))

    def _stat(self, stat: MetricStat) -> Points:
        grid, calculate = self._grid_of(stat.period), statistic_named(stat.statistic)
        return kept({time: calculate(found) for time, found in samples_by_period(self._store, stat, grid)})

    def _math(self, query: Query) -> Value:
        expression = Expression(query.expression)
        for used in (needed := _needed(query, self._queries)):
            self.value(used.id)
        known = {used.id: self._values[used.id] for used in needed}
        metrics = [self.value(each.id) for each in self._queries.values() if each.stat]
        return expression.value(known, metrics, self.grid(query.id))


def samples_by_period(store: MetricStore, stat: MetricStat, grid: Grid) -> list[tuple[float, list[Sample]]]:
    """The samples of each period that has any, by the period's beginning."""
    times = grid.times
    buckets: dict[float, list[Sample]] = {}
    for sample in store.between(stat.metric, grid.start, grid.end):
        if stat.unit in (None, sample.unit):
            time = times[min(grid.index(sample.at), grid.count - 1)]
            buckets.setdefault(time, []).append(sample)
    return list(buckets.items())


def check_queries(queries: Iterable[Query]) -> None:
    """Raises BadExpression or NotAvailable for a query that cannot be read."""
    known = {query.id: query for query in queries}
    for query in known.values():
        if query.stat:
            statistic_named(query.stat.statistic)
        else:
            Expression(query.expression)
            period_of(query, known)


def period_of(query: Query, known: dict[str, Query]) -> int:
    """A query's own period, else the longest of those that its expression refers to, else a minute."""
    if query.stat:
        return query.stat.period
    needed = _needed(query, known)
    periods = [each.stat.period for each in needed if each.stat] or [
        each.stat.period for each in known.values() if each.stat
    ]
    return query.period or max(periods, default=60)


def _needed(query: Query, known: dict[str, Query]) -> list[Query]:
    """What an expression needs, through others too, in the order in which it can be calculated."""
    found: list[Query] = []
    _collect(query, known, (), found)
    return found[:-1]


def _collect(query: Query, known: dict[str, Query], path: tuple[str, ...], found: list[Query]) -> None:
    if query.id in path:
        raise BadExpression(f"{query.id} refers to itself")
    if query in found:
        return
    for used in sorted(Expression(query.expression).ids) if not query.stat else ():
        if used not in known:
            raise BadExpression(f"unknown id {used}")
        _collect(known[used], known, (*path, query.id), found)
    found.append(query)
