"""What metric math calculates with: numbers, time series, and lists of time series."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Points = dict[float, float]
"""A time series: values by the beginning of their period, in epoch seconds."""
Value = float | Points | list[Any] | str


@dataclass(frozen=True)
class Grid:
    """`count` periods of `seconds` from `start` on; `named` is the period as the client has it."""

    start: float
    seconds: float
    count: int
    named: int

    @property
    def times(self) -> list[float]:
        return [round(self.start + index * self.seconds, 6) for index in range(self.count)]

    @property
    def end(self) -> float:
        return self.start + self.count * self.seconds

    def index(self, at: float) -> int:
        """The period that a moment is in; times are floats, so a hair before a boundary is on it."""
        return int((at - self.start) / self.seconds + 1e-6)


def combined(sign: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    """Point by point, where both have one; what cannot be calculated, as a division by zero, is no point."""
    if isinstance(left, list):
        others = right if isinstance(right, list) else [right] * len(left)
        return [combined(sign, one, other) for one, other in zip(left, others, strict=False)]
    if isinstance(right, list):
        return [combined(sign, left, one) for one in right]
    if isinstance(left, dict) or isinstance(right, dict):
        times = _times(left, right)
        return kept({time: _calculated(sign, at(left, time), at(right, time)) for time in times})
    result = _calculated(sign, left, right)
    return {} if result is None else result


def at(value: Value, time: float) -> Any:
    """A series' value at a time (None where there is none); a number is the same at all times."""
    return value.get(time) if isinstance(value, dict) else value


def kept(points: dict[float, float | None]) -> Points:
    """Without what is missing."""
    return {time: value for time, value in points.items() if value is not None}


def mapped(function: Callable[[float], float], value: Value) -> Value:
    """The function of each point."""
    return combined(lambda one, _: function(one), value, 0.0)


def _times(left: Value, right: Value) -> list[float]:
    if isinstance(left, dict) and isinstance(right, dict):
        return [time for time in left if time in right]
    return list(left if isinstance(left, dict) else right)  # type: ignore[arg-type]


def _calculated(sign: Callable[[Any, Any], Any], left: Any, right: Any) -> float | None:
    try:
        result = sign(left, right)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return None if isinstance(result, complex) or not math.isfinite(result) else float(result)
