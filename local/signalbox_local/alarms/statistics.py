"""The statistics of CloudWatch over the samples of one period."""

import re
from collections.abc import Callable, Sequence

from signalbox_local.alarms.store import Sample, merged

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0+)?)")
_TRIMMED_MEAN = re.compile(r"tm(\d{1,2}(?:\.\d{1,10})?|100(?:\.0+)?)")
Statistic = Callable[[Sequence[Sample]], float | None]
"""None where the samples do not allow it: statistic sets have no percentiles."""


class NotAvailable(Exception):
    """CloudWatch has it, the local runtime does not."""


def statistic_named(name: str) -> Statistic:
    """`Sum` … `p99.9`, `tm95`; raises NotAvailable."""
    if plain := _PLAIN.get(name):
        return plain
    if found := _PERCENTILE.fullmatch(name):
        return _percentile(float(found[1]) / 100)
    if found := _TRIMMED_MEAN.fullmatch(name):
        return _trimmed_mean(float(found[1]) / 100)
    raise NotAvailable(f"the statistic {name} is not available locally")


def _average(samples: Sequence[Sample]) -> float | None:
    count = sum(sample.count for sample in samples)
    return sum(sample.total for sample in samples) / count if count else None


_PLAIN: dict[str, Statistic] = {
    "Sum": lambda samples: sum(sample.total for sample in samples),
    "SampleCount": lambda samples: sum(sample.count for sample in samples),
    "Average": _average,
    "Minimum": lambda samples: min(sample.low for sample in samples),
    "Maximum": lambda samples: max(sample.high for sample in samples),
}


def _percentile(share: float) -> Statistic:
    """Between two neighbours it is interpolated."""

    def percentile(samples: Sequence[Sample]) -> float | None:
        ranked = _ranked(samples)
        if not ranked:
            return None
        position = share * (sum(count for _, count in ranked) - 1)
        below, above = _at(ranked, int(position)), _at(ranked, int(position) + 1)
        return below + position % 1 * (above - below)

    return percentile


def _trimmed_mean(share: float) -> Statistic:
    """The mean of the values up to the percentile."""

    def mean(samples: Sequence[Sample]) -> float | None:
        ranked = _ranked(samples)
        left = kept = share * sum(count for _, count in ranked)
        total = 0.0
        for value, count in ranked:
            total += value * min(count, left)
            left -= min(count, left)
        return total / kept if kept else None

    return mean


def _ranked(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    if not samples:
        return []
    whole = merged(samples)
    return sorted((value, count) for value, count in zip(whole.values, whole.counts, strict=True) if count)


def _at(ranked: Sequence[tuple[float, float]], rank: int) -> float:
    for value, count in ranked:
        if rank < count:
            return value
        rank -= int(count)
    return ranked[-1][0]
