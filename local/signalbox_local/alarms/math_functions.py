"""The functions of metric math that people use in alarms and dashboards."""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from statistics import fmean, pstdev

from signalbox_local.alarms.math_values import Grid, Points, Value, at, kept, mapped

KEYWORDS = {"REPEAT": "REPEAT", "LINEAR": "LINEAR"}


def _if(grid: Grid, condition: Value, then: Value, otherwise: Value | None = None) -> Value:
    other: Value = {} if otherwise is None else otherwise
    if not isinstance(condition, dict):
        return then if condition else other
    return kept({time: at(then if holds else other, time) for time, holds in condition.items()})


def _fill(grid: Grid, value: Value, filling: Value) -> Value:
    if isinstance(value, list):
        return [_fill(grid, each, filling) for each in value]
    if not isinstance(value, dict):
        return value
    fillers: dict[str, Callable[[Points, float], float | None]] = {"REPEAT": _last_before, "LINEAR": _between}
    fill = fillers.get(filling) if isinstance(filling, str) else None
    return kept(
        {
            time: value[time] if time in value else fill(value, time) if fill else at(filling, time)
            for time in grid.times
        }
    )


def _last_before(points: Points, time: float) -> float | None:
    earlier = [each for each in points if each < time]
    return points[max(earlier)] if earlier else None


def _between(points: Points, time: float) -> float | None:
    earlier, later = [each for each in points if each < time], [each for each in points if each > time]
    if not earlier or not later:
        return None
    first, last = max(earlier), min(later)
    return points[first] + (points[last] - points[first]) * (time - first) / (last - first)


def _over(fold: Callable[[Sequence[float]], float]) -> Callable[..., Value]:
    """Of a list: a series, folded across it at each time. Of one series: a number."""

    def folded(grid: Grid, value: Value) -> Value:
        if isinstance(value, dict):
            return fold(list(value.values())) if value else {}
        parts = value if isinstance(value, list) else [value]
        found = {time: [one for part in parts if (one := at(part, time)) is not None] for time in grid.times}
        return {time: fold(values) for time, values in found.items() if values}

    return folded


def _each(function: Callable[[float], float]) -> Callable[..., Value]:
    return lambda grid, value: mapped(function, value)


def _steps(step: Callable[[float, float], float]) -> Callable[..., Value]:
    """From each point to the next; `step` gets the difference and the seconds between the two."""

    def stepped(grid: Grid, value: Value) -> Value:
        points = sorted(_points(value).items())
        scale = grid.named / grid.seconds
        return {
            time: step(now - before, (time - then) * scale)
            for (then, before), (time, now) in pairwise(points)
        }

    return stepped


def _picked(pick: Callable[[Sequence[float]], float]) -> Callable[..., Value]:
    def one(grid: Grid, value: Value) -> Value:
        ordered = [value for _, value in sorted(_points(value).items())]
        return pick(ordered) if ordered else {}

    return one


def _running_sum(grid: Grid, value: Value) -> Value:
    times = sorted(_points(value))
    return dict(zip(times, accumulate(_points(value)[time] for time in times), strict=True))


def _points(value: Value) -> Points:
    if not isinstance(value, dict):
        raise TypeError("a time series is wanted")
    return value


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "IF": _if,
    "FILL": _fill,
    "SUM": _over(sum),
    "AVG": _over(fmean),
    "MIN": _over(min),
    "MAX": _over(max),
    "STDDEV": _over(pstdev),
    "ABS": _each(abs),
    "CEIL": _each(math.ceil),
    "FLOOR": _each(math.floor),
    "LOG": _each(math.log),
    "LOG10": _each(math.log10),
    "DIFF": _steps(lambda difference, seconds: difference),
    "RATE": _steps(lambda difference, seconds: difference / seconds),
    "RUNNING_SUM": _running_sum,
    "FIRST": _picked(lambda values: values[0]),
    "LAST": _picked(lambda values: values[-1]),
    "DATAPOINT_COUNT": lambda grid, value: float(len(_points(value))),
    "PERIOD": lambda grid, value: float(grid.named),
    "TIME_SERIES": lambda grid, value: dict.fromkeys(grid.times, value),
}
