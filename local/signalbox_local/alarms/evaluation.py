"""The decision of a metric alarm, pure: datapoints in, state and reason out."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
MissingData = Literal["missing", "ignore", "breaching", "notBreaching"]

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
# CloudWatch looks back over more periods than it needs, so that a late datapoint does not count as missing.
EXTRA_PERIODS = 2


@dataclass(frozen=True)
class Datapoint:
    """The statistic of one period; `start` is the period's beginning."""

    start: datetime
    value: float


@dataclass(frozen=True)
class Condition:
    """What an alarm compares: `needed` of `periods` datapoints against a threshold."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing_data: MissingData = "missing"

    @property
    def looks_back(self) -> int:
        """The number of periods that an evaluation reads."""
        return self.periods + EXTRA_PERIODS

    def breaches(self, point: Datapoint) -> bool:
        return COMPARISONS[self.comparison][0](point.value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """The state after an evaluation, why, and the datapoints that it rests on."""

    state: State
    reason: str
    points: tuple[Datapoint, ...] = ()


def evaluate(condition: Condition, series: Sequence[Datapoint | None], current: State) -> Verdict | None:
    """The verdict on a series (oldest first, None where nothing was reported); None keeps the current state.

    Follows "Configuring how CloudWatch alarms treat missing data" of the CloudWatch user guide.
    """
    real = [point for point in series if point is not None]
    window = tuple(real[-condition.periods :])
    breaching = sum(condition.breaches(point) for point in window)
    if len(real) >= condition.periods:
        return _crossing(condition, window, breaching >= condition.needed, current)
    filled = condition.periods - len(window)
    match condition.missing_data:
        case "breaching":
            return _crossing(condition, window, breaching + filled >= condition.needed, current, filled)
        case "notBreaching":
            return _crossing(condition, window, breaching >= condition.needed, current, filled)
        case "ignore" | "missing":
            return _undecided(condition, series, window, breaching, current)


def _undecided(
    condition: Condition,
    series: Sequence[Datapoint | None],
    window: tuple[Datapoint, ...],
    breaching: int,
    current: State,
) -> Verdict | None:
    filled = condition.periods - len(window)
    if breaching >= condition.needed:
        return _crossing(condition, window, True, current, filled)
    if breaching < len(window):
        return _crossing(condition, window, False, current, filled)
    if condition.missing_data == "ignore":
        return None
    if not window:
        return Verdict("INSUFFICIENT_DATA", _no_data(condition))
    return _crossing(condition, window, True, current, filled) if _is_old(condition, series) else None


def _is_old(condition: Condition, series: Sequence[Datapoint | None]) -> bool:
    # All that was reported breaches: it counts once its oldest point is as old as the datapoints needed.
    recent = series[-condition.periods :]
    oldest = next((index for index, point in enumerate(recent) if point is not None), len(recent))
    return len(recent) - oldest >= condition.needed


def _crossing(
    condition: Condition, window: tuple[Datapoint, ...], breached: bool, current: State, filled: int = 0
) -> Verdict:
    state: State = "ALARM" if breached else "OK"
    return Verdict(state, _reason(condition, window, state, current, filled), window)


def _reason(
    condition: Condition, window: tuple[Datapoint, ...], state: State, current: State, filled: int
) -> str:
    if not window:
        kind = "breaching" if state == "ALARM" else "non-breaching"
        return f"{_no_data(condition)} and {_count(filled, 'missing datapoint')} treated as [{kind.title()}]."
    counted = [point for point in window if condition.breaches(point) == (state == "ALARM")] or list(window)
    values = ", ".join(f"{point.value} ({point.start:%d/%m/%y %H:%M:%S})" for point in counted)
    verb = "was" if len(counted) == 1 else "were"
    negation = "" if state == "ALARM" else "not "
    needed = condition.needed if state == "ALARM" else condition.periods - condition.needed + 1
    return (
        f"Threshold Crossed: {len(counted)} out of the last {_count(len(window), 'datapoint')} [{values}] "
        f"{verb} {negation}{COMPARISONS[condition.comparison][1]} the threshold ({condition.threshold}) "
        f"(minimum {_count(needed, 'datapoint')} for {_opposite(state, current)} -> {state} transition)."
    )


def _opposite(state: State, current: State) -> State:
    # A first verdict comes from INSUFFICIENT_DATA, but AWS words it as the change between the two others.
    if current in {"OK", "ALARM"} and current != state:
        return current
    return "ALARM" if state == "OK" else "OK"


def _no_data(condition: Condition) -> str:
    count = _count(condition.periods, "datapoint")
    return f"Insufficient Data: {count} {'was' if condition.periods == 1 else 'were'} unknown."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
