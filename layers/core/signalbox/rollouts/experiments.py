"""What an experiment asks CloudWatch for each side, and what its answers say. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from signalbox.kernel.durations import parse_duration
from signalbox.kernel.errors import Violation
from signalbox.rollouts.decisions.sequential import MINIMUM_PERIODS, Sample, mean, rates
from signalbox.rollouts.estate import Estate, Layout
from signalbox.rollouts.guards import balancer_of, candidate_balancer, dimension_of
from signalbox.rollouts.service import Experiment, Metric, Strategy

APART = ("{target_group}", "{auto_scaling_group}", "{variant}")  # what tells one side from the other
PLACEHOLDERS = (*APART, "{load_balancer}")
MINUTE, FIVE_MINUTES, HOUR = 60, 300, 3_600  # seconds; CloudWatch keeps them for 15, 63 and 455 days
MOST_PERIODS = 720  # in one answer

Series = Mapping[datetime, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Candidate or stable, by the names that a metric's dimensions may have for it."""

    variant: str
    target_group: str
    auto_scaling_group: str
    load_balancer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One statistic of one metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str


def experiment_of(strategy: Strategy, step: int) -> Experiment | None:
    """The experiment of that step of the strategy; None when the step is none."""
    if strategy.steps is None:
        return strategy.experiment
    analyse = strategy.steps[step].analyse
    return analyse.experiment if analyse else None


def measured(experiment: Experiment) -> str:
    """What it looks at, in a few words."""
    if experiment.rate is not None:
        return f"{experiment.rate.successes.name} of {experiment.rate.trials.name}"
    return f"mean of {experiment.mean.name}" if experiment.mean is not None else ""


def sides(layout: Layout, seen: Estate) -> tuple[Side, Side]:
    """Stable and candidate. What the shift has read back knows the target group that the candidate has."""
    own = seen.candidate_target_group
    stable = Side(
        variant="stable",
        target_group=dimension_of(layout.stable_target_group),
        auto_scaling_group=layout.stable_group,
        load_balancer=balancer_of(seen.stable_target_group),
    )
    candidate = Side(
        variant="candidate",
        target_group=dimension_of(own.arn if own else layout.candidate_target_group),
        auto_scaling_group=layout.candidate_group,
        load_balancer=candidate_balancer(layout, seen),
    )
    return stable, candidate


def queries(experiment: Experiment, of: Side) -> tuple[Query, Query]:
    """Trials and successes, or the number of samples and their average."""
    if experiment.rate is not None:
        trials, successes = experiment.rate.trials, experiment.rate.successes
        return _query(trials, of, "Sum"), _query(successes, of, "Sum")
    assert experiment.mean is not None
    return _query(experiment.mean, of, "SampleCount"), _query(experiment.mean, of, "Average")


def _query(metric: Metric, of: Side, statistic: str) -> Query:
    names = (of.target_group, of.auto_scaling_group, of.variant, of.load_balancer)
    filled = {}
    for name, value in metric.dimensions.items():
        for placeholder, known in zip(PLACEHOLDERS, names, strict=True):
            value = value.replace(placeholder, known)  # noqa: PLW2901
        filled[name] = value
    return Query(namespace=metric.namespace, name=metric.name, dimensions=filled, statistic=statistic)


def samples(experiment: Experiment, found: Sequence[Series]) -> tuple[Sample, Sample]:
    """Stable and candidate, from the answers to the queries of stable and then of the candidate."""
    if experiment.rate is None:
        return mean(_periods(found[0], found[1])), mean(_periods(found[2], found[3]))
    counts = [round(sum(series.values())) for series in found]
    return rates((counts[0], counts[1]), (counts[2], counts[3]))


def _periods(counts: Series, averages: Series) -> list[tuple[int, float]]:
    known = [(round(counts[at]), averages[at]) for at in sorted(counts.keys() & averages.keys())]
    return [(count, average) for count, average in known if count]


def period_of(experiment: Experiment) -> int:
    """The shortest period in seconds with which one answer holds the whole experiment."""
    seconds = parse_duration(experiment.duration).total_seconds()
    fitting = (period for period in (MINUTE, FIVE_MINUTES) if seconds <= MOST_PERIODS * period)
    return next(fitting, HOUR)


def violations(experiment: Experiment, field: str) -> Iterator[Violation]:
    """What is wrong with it, below the given field name."""
    if (experiment.rate is None) == (experiment.mean is None):
        yield Violation(field, "give either rate (trials and successes) or mean (one metric)")
    needed = timedelta(seconds=(MINIMUM_PERIODS + 1) * MINUTE)
    if experiment.rate is None and parse_duration(experiment.duration) < needed:
        told = f"a mean needs {MINIMUM_PERIODS} minutes with samples: give at least {MINIMUM_PERIODS + 1}m"
        yield Violation(f"{field}.duration", told)
    if parse_duration(experiment.duration) < timedelta(seconds=MINUTE):
        yield Violation(f"{field}.duration", "metrics have one value a minute: give at least 1m")
    named = {"mean": experiment.mean}
    if experiment.rate is not None:
        named |= {"rate.trials": experiment.rate.trials, "rate.successes": experiment.rate.successes}
    for name, metric in named.items():
        if metric is not None:
            yield from _metric_violations(metric, f"{field}.{name}.dimensions")


def _metric_violations(metric: Metric, field: str) -> Iterator[Violation]:
    right = ", ".join(PLACEHOLDERS)
    used = {found for value in metric.dimensions.values() for found in re.findall(r"\{[^{}]*\}", value)}
    for unknown in sorted(used - set(PLACEHOLDERS)):
        yield Violation(field, f"{unknown} stands for nothing; these do: {right}")
    if not used & set(APART):
        apart = ", ".join(APART)
        yield Violation(field, f"both sides would be the same metric: let a value contain one of {apart}")
