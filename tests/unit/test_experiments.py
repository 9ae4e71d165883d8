"""What an experiment asks CloudWatch, and what it makes of the answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.rollouts.decisions.sequential import Sample
from signalbox.rollouts.draft import estate_of
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.experiments import Query, experiment_of, measured, period_of, queries, samples, sides
from signalbox.rollouts.layout import lay_out
from signalbox.rollouts.service import Analyse, Metric, Shift, StepSpec, Strategy
from signalbox.rollouts.strategies.drafts import numbered, shift
from tests.unit.builders import (
    BLUE_BALANCER,
    GREEN_BALANCER,
    NOW,
    ROLLOUT,
    by_name,
    layout,
    scene,
    spec,
    survey_by_name,
    target_group,
)
from tests.unit.experiments import ab_test, conversion, latency, metric

STABLE, CANDIDATE = sides(layout(Placement.SLOT), scene(Placement.SLOT).estate)


def test_each_side_has_its_own_names_filled_in() -> None:
    experiment = latency(
        mean=Metric(
            namespace="AWS/ApplicationELB",
            name="TargetResponseTime",
            dimensions={
                "TargetGroup": "{target_group}",
                "LoadBalancer": "{load_balancer}",
                "Where": "{auto_scaling_group}-{variant}",
            },
        )
    )
    dimensions = {
        "TargetGroup": "targetgroup/green/a43f017f100becaa",
        "LoadBalancer": "app/shop/50dc6c495c0c9188",
        "Where": "green-candidate",
    }
    asked = [
        Query(
            namespace="AWS/ApplicationELB",
            name="TargetResponseTime",
            dimensions=dimensions,
            statistic=statistic,
        )
        for statistic in ("SampleCount", "Average")
    ]
    assert list(queries(experiment, CANDIDATE)) == asked


def test_a_side_has_the_names_that_are_known_of_it() -> None:
    assert (STABLE.variant, STABLE.target_group) == ("stable", "targetgroup/blue/943f017f100becff")
    alone = replace(scene(Placement.COPY).estate, stable_target_group=target_group(load_balancers=()))
    stable, candidate = sides(layout(Placement.COPY), alone)
    assert (stable.load_balancer, candidate.target_group) == ("", "checkout-sb-abcdefgh")


def test_a_rate_asks_for_two_sums() -> None:
    trials, successes = queries(conversion(), CANDIDATE)
    assert (trials.name, trials.statistic) == ("Visits", "Sum")
    assert (successes.name, successes.statistic) == ("Orders", "Sum")


def test_counts_are_summed_over_all_periods() -> None:
    minute = timedelta(minutes=1)
    series = [{NOW: one, NOW + minute: one} for one in (900.0, 90.0, 100.0, 12.0)]
    stable, candidate = samples(conversion(), series)
    assert (stable.size, stable.mean) == (1_800, 10.0)
    assert (candidate.size, candidate.mean) == (200, 12.0)


def test_averages_count_with_their_samples_and_without_any_not_at_all() -> None:
    minute = timedelta(minutes=1)
    counts = {NOW: 1.0, NOW + minute: 3.0, NOW + 2 * minute: 0.0, NOW + 3 * minute: 7.0}
    averages = {NOW: 10.0, NOW + minute: 20.0, NOW + 2 * minute: 0.0}
    stable, candidate = samples(latency(), (counts, averages, {}, {}))
    assert stable == Sample(size=4, mean=17.5, variance=None)
    assert candidate == Sample(size=0, mean=0.0, variance=None)


@pytest.mark.parametrize(("duration", "period"), [("12h", 60), ("13h", 300), ("60h", 300), ("30d", 3600)])
def test_long_experiments_have_longer_periods(duration: str, period: int) -> None:
    assert period_of(conversion(duration=duration)) == period


def test_an_experiment_belongs_to_the_strategy_or_to_one_step_of_it() -> None:
    assert experiment_of(ab_test(), 2) == conversion()
    steps = Strategy(
        steps=(StepSpec(shift=Shift(percent=10)), StepSpec(analyse=Analyse(experiment=latency())))
    )
    assert experiment_of(steps, 1) == latency()
    assert experiment_of(steps, 0) is None


def test_what_is_measured_is_told_in_a_few_words() -> None:
    assert measured(conversion()) == "Orders of Visits"
    assert measured(latency()) == "mean of Latency"
    assert measured(conversion(rate=None)) == ""
    assert metric("Visits").dimensions == {"Variant": "{variant}"}


def test_behind_a_name_each_side_has_its_own_load_balancer() -> None:
    found = survey_by_name()
    mine = lay_out(by_name(spec(slots=True)), numbered([shift(10)]), found, ROLLOUT)
    stable, candidate = sides(mine, estate_of(mine, found))
    assert stable.load_balancer == BLUE_BALANCER.split("loadbalancer/")[1]
    assert candidate.load_balancer == GREEN_BALANCER.split("loadbalancer/")[1]
