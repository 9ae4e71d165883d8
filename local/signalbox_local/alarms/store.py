"""Metric data, kept by metric and in order of time beside moto's CloudWatch backend."""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

# CloudWatch keeps datapoints of less than a minute for three hours; what is older counts by the minute.
FINE_SECONDS, COARSE_SECONDS = 3 * 3600, 60
_THIN_EVERY = 2_000


@dataclass(frozen=True, slots=True)
class MetricKey:
    """What makes a metric another one: all of its dimensions, no more and no fewer."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @staticmethod
    def of(namespace: str, name: str, dimensions: Mapping[str, str]) -> "MetricKey":
        return MetricKey(namespace, name, frozenset(dimensions.items()))


@dataclass(frozen=True, slots=True)
class Sample:
    """What was reported at one time (epoch seconds). A statistic set has no `values`."""

    at: float
    unit: str | None
    count: float
    total: float
    low: float
    high: float
    values: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()

    @staticmethod
    def of_values(at: float, values: Sequence[float], counts: Sequence[float], unit: str | None) -> "Sample":
        """Each value counts as often as `counts` says."""
        total = sum(value * count for value, count in zip(values, counts, strict=True))
        return Sample(at, unit, sum(counts), total, min(values), max(values), tuple(values), tuple(counts))

    @staticmethod
    def of_set(at: float, given: Mapping[str, Any], unit: str | None) -> "Sample":
        """From `StatisticValues`; one whose values are all the same is as good as they."""
        low, high = float(given["Minimum"]), float(given["Maximum"])
        count, total = float(given["SampleCount"]), float(given["Sum"])
        known = ((low,), (count,)) if low == high else ((), ())
        return Sample(at, unit, count, total, low, high, *known)


class _Series:
    """One metric's samples by time."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._samples: list[Sample] = []
        self._added = 0

    def add(self, sample: Sample) -> None:
        place = bisect_right(self._times, sample.at)
        self._times.insert(place, sample.at)
        self._samples.insert(place, sample)
        self._added += 1
        if self._added % _THIN_EVERY == 0:
            self._thin()

    def between(self, start: float, end: float) -> list[Sample]:
        return self._samples[bisect_left(self._times, start) : bisect_left(self._times, end)]

    def _thin(self) -> None:
        old = bisect_left(self._times, self._times[-1] - FINE_SECONDS)
        by_minute = groupby(self._samples[:old], key=lambda each: (each.at // COARSE_SECONDS, each.unit))
        self._samples[:old] = [merged(group) for _, group in by_minute]
        self._times = [sample.at for sample in self._samples]


class MetricStore:
    """All metrics of a region; any thread may add and read."""

    def __init__(self) -> None:
        self._series: dict[MetricKey, _Series] = {}
        self._lock = threading.Lock()

    def add(self, key: MetricKey, sample: Sample) -> None:
        with self._lock:
            self._series.setdefault(key, _Series()).add(sample)

    def between(self, key: MetricKey, start: float, end: float) -> list[Sample]:
        """The samples of `start` <= time < `end`, oldest first."""
        with self._lock:
            series = self._series.get(key)
            return series.between(start, end) if series else []

    def metrics(self) -> tuple[MetricKey, ...]:
        """Every metric that there is."""
        with self._lock:
            return tuple(self._series)


def store_of(backend: CloudWatchBackend) -> MetricStore:
    """The region's store: forgotten with all else when the backend is reset."""
    store: MetricStore = vars(backend).setdefault("signalbox_metrics", MetricStore())
    return store


def merged(samples: Iterable[Sample]) -> Sample:
    """One sample for several of the same unit, at the time of the first."""
    parts = list(samples)
    counts: dict[float, float] = {}
    for part in parts:
        for value, count in zip(part.values, part.counts, strict=True):
            counts[value] = counts.get(value, 0) + count
    whole = all(part.values for part in parts)
    return Sample(
        parts[0].at,
        parts[0].unit,
        sum(part.count for part in parts),
        sum(part.total for part in parts),
        min(part.low for part in parts),
        max(part.high for part in parts),
        tuple(counts) if whole else (),
        tuple(counts.values()) if whole else (),
    )
