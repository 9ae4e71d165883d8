"""Experiments to test with: metrics that name the variant in a dimension."""

from dataclasses import replace

from signalbox.rollouts.service import Experiment, Metric, Rate, Strategy

# A minute of `conversion`: after ten of them it is known.
CANDIDATE_WINS = {
    ("Visits", "stable"): 900.0,
    ("Orders", "stable"): 90.0,
    ("Visits", "candidate"): 100.0,
    ("Orders", "candidate"): 15.0,
}
CANDIDATE_LOSES = {**CANDIDATE_WINS, ("Orders", "candidate"): 5.0}
NO_DIFFERENCE = {**CANDIDATE_WINS, ("Orders", "candidate"): 10.0}
OF_VARIANT = {"Variant": "{variant}"}


def metric(name: str, **dimensions: str) -> Metric:
    return Metric(namespace="Shop", name=name, dimensions=dimensions or OF_VARIANT)


def conversion(**changes: object) -> Experiment:
    """Orders of visits should increase."""
    rate = Rate(trials=metric("Visits"), successes=metric("Orders"))
    made = Experiment(goal="increase", rate=rate, duration="1h")
    return replace(made, **changes)  # type: ignore[arg-type]


def latency(**changes: object) -> Experiment:
    """The time that an answer takes should decrease."""
    made = Experiment(goal="decrease", mean=metric("Latency"), duration="2h")
    return replace(made, **changes)  # type: ignore[arg-type]


def ab_test(experiment: Experiment | None = None, **more: object) -> Strategy:
    made = Strategy(preset="ab-test", experiment=experiment or conversion())
    return replace(made, **more)  # type: ignore[arg-type]
