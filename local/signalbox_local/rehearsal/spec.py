"""The service as its file tells it, and its strategy at the speed of a rehearsal."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from signalbox.kernel.durations import format_duration, parse_duration
from signalbox.rollouts.decisions.sequential import MINIMUM_PERIODS
from signalbox.rollouts.service import (
    Analyse,
    Bake,
    Experiment,
    Metric,
    Rate,
    ServiceSpec,
    StepSpec,
    Strategy,
)
from signalbox.rollouts.strategies.presets import PRESETS
from signalbox.rollouts.validation import strategy_violations, violations
from signalbox_cli.documents import BadDocument, read_document

SHORTEST_DEADLINE = timedelta(seconds=20)  # instances boot in real time
SHORTEST_EXPERIMENT = timedelta(minutes=3)  # CloudWatch has one value a minute, at any speed
SHORTEST_MEAN = timedelta(minutes=MINIMUM_PERIODS + 1)
# Of a service that has none of its own: answers without an error, as the load balancer counts them.
_APART = {"TargetGroup": "{target_group}", "LoadBalancer": "{load_balancer}"}
ANSWERS = Experiment(
    goal="increase",
    rate=Rate(
        trials=Metric(namespace="AWS/ApplicationELB", name="RequestCount", dimensions=_APART),
        successes=Metric(namespace="AWS/ApplicationELB", name="HTTPCode_Target_2XX_Count", dimensions=_APART),
    ),
    minimum_sample=100,
    duration="2h",
)


class BadSpec(Exception):
    """The file is not a service, or its strategy cannot be rehearsed; each violation on a line."""


def read_spec(file: Path) -> ServiceSpec:
    """Raises BadSpec."""
    try:
        spec = TypeAdapter(ServiceSpec).validate_python(read_document(file))
    except BadDocument as problem:
        raise BadSpec(str(problem)) from problem
    except ValidationError as problem:
        raise BadSpec("\n".join(_in_words(file, dict(error)) for error in problem.errors())) from problem
    found = [f"{file}: {one.field}: {one.message}" for one in violations(spec)]
    if found:
        raise BadSpec("\n".join(found))
    return spec


def _in_words(file: Path, error: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{file}: {where or 'the file'}: {error['msg']}"


def with_preset(spec: ServiceSpec, name: str) -> Strategy:
    """The service's own strategy when it is that preset, else the preset with the parameters they share.
    Raises BadSpec for a preset that does not exist."""
    if name not in PRESETS:
        raise BadSpec(f"there is no preset {name!r}; there are: {', '.join(PRESETS)}")
    if spec.strategy.preset == name:
        return spec.strategy
    known = {field: getattr(spec.strategy, field) for field in PRESETS[name].parameters}
    if "experiment" in known:
        known["experiment"] = known["experiment"] or ANSWERS
    return Strategy(preset=name, **known)  # type: ignore[arg-type]


def paced(strategy: Strategy, speed: float) -> Strategy:
    """The same strategy with its waits divided by `speed`, each at least a second, and without pauses, which
    nobody is there to end. Raises BadSpec."""
    problems = [f"{one.field}: {one.message}" for one in strategy_violations(strategy, "strategy")]
    if problems:
        raise BadSpec("\n".join(problems))
    if strategy.steps is not None:
        steps = tuple(_paced_step(step, speed) for step in strategy.steps if step.pause is None)
        return replace(strategy, steps=steps)
    waits = {
        name: getattr(strategy, name) or default
        for name, default in PRESETS[strategy.preset or ""].waits.items()
    }
    quick = {name: divided(wait, speed) for name, wait in waits.items() if wait}
    own = strategy.experiment
    return replace(strategy, experiment=own and _paced_experiment(own, speed), **quick)  # type: ignore[arg-type]


def _paced_step(step: StepSpec, speed: float) -> StepSpec:
    if step.analyse is not None:
        return replace(step, analyse=Analyse(experiment=_paced_experiment(step.analyse.experiment, speed)))
    return step if step.bake is None else replace(step, bake=Bake(for_=divided(step.bake.for_, speed)))


def _paced_experiment(experiment: Experiment, speed: float) -> Experiment:
    """Where a person would be asked it goes back."""
    least = SHORTEST_EXPERIMENT if experiment.mean is None else SHORTEST_MEAN
    answer = "return" if experiment.otherwise == "ask" else experiment.otherwise
    return replace(experiment, duration=divided(experiment.duration, speed, least), otherwise=answer)


def experiments(strategy: Strategy) -> tuple[Experiment, ...]:
    """All that it makes."""
    of_steps = (step.analyse.experiment for step in strategy.steps or () if step.analyse is not None)
    return (*((strategy.experiment,) if strategy.experiment else ()), *of_steps)


def divided(duration: str, speed: float, least: timedelta = timedelta(seconds=1)) -> str:
    """A duration in whole seconds."""
    return format_duration(max(least, timedelta(seconds=round(parse_duration(duration) / speed / _SECOND))))


_SECOND = timedelta(seconds=1)


def has_pause(strategy: Strategy) -> bool:
    """Whether it waits for a person."""
    return any(step.pause is not None for step in strategy.steps or ())


def strategy_body(strategy: Strategy) -> dict[str, object]:
    """As the API takes it."""
    body: dict[str, object] = TypeAdapter(Strategy).dump_python(
        strategy, mode="json", by_alias=True, exclude_none=True
    )
    return body


def strategy_name(strategy: Strategy) -> str:
    """How a table calls it."""
    return strategy.preset or "steps"
