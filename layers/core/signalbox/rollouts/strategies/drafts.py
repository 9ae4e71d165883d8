"""A step before it has its place in a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signalbox.kernel.durations import format_duration, parse_duration
from signalbox.rollouts.experiments import measured
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.service import Experiment, Strategy

DEFAULT_BATCH = 25  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What a preset may look at: stable's desired size and the health floor, in instances."""

    size: int
    floor: int


def provision(*, percent: int | None = None, count: int | None = None) -> Step:
    """Candidate capacity, as percent of stable or as a count."""
    size = f"{percent} %" if count is None else f"{count}"
    return Step(index=0, kind=StepKind.PROVISION, name=f"provision {size}", percent=percent, count=count)


def shift(percent: int) -> Step:
    """The candidate's share of traffic."""
    return Step(index=0, kind=StepKind.SHIFT, name=f"shift {percent} %", percent=percent)


def replace_batches(percent: int, batch: int | None = None, *, batch_count: int | None = None) -> Step:
    """Stable's instances on the new version, `batch_count` or else `batch` percent at a time."""
    batch = None if batch_count is not None else batch or DEFAULT_BATCH
    size = f"{batch} %" if batch_count is None else f"{batch_count}"
    return Step(
        index=0,
        kind=StepKind.REPLACE,
        name=f"replace {percent} % in batches of {size}",
        percent=percent,
        batch=batch,
        batch_count=batch_count,
    )


def launch(count: int) -> Step:
    """The first instances of a group that has none, on the new version."""
    name = f"launch {count}, the first"
    return Step(index=0, kind=StepKind.REPLACE, name=name, percent=100, batch=100, count=count)


def bake(duration: str, what: str = "bake") -> Step:
    """Watch the guards."""
    span = parse_duration(duration)
    name = f"{what} {format_duration(span)}"
    return Step(index=0, kind=StepKind.BAKE, name=name, seconds=int(span.total_seconds()))


def analyse(experiment: Experiment | None) -> Step:
    """Compare both sides; `seconds` is the longest that it takes. Without an experiment, which no valid
    strategy lacks, it only has its place in the plan."""
    if experiment is None:
        return Step(index=0, kind=StepKind.ANALYSE, name="analyse")
    span = parse_duration(experiment.duration)
    name = f"analyse {measured(experiment)} for at most {format_duration(span)}"
    return Step(index=0, kind=StepKind.ANALYSE, name=name, seconds=int(span.total_seconds()))


def keep_old(strategy: Strategy) -> list[Step]:
    """The old instances stay alive for longer than they are needed for; the guards can still send it back."""
    return [bake(strategy.keep_old_for, "keep the old for")] if strategy.keep_old_for else []


def pause() -> Step:
    """Wait for a person."""
    return Step(index=0, kind=StepKind.PAUSE, name="pause")


def retire() -> Step:
    """Remove what is no longer needed."""
    return Step(index=0, kind=StepKind.RETIRE, name="retire")


def numbered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps with their place in the plan."""
    return tuple(replace(step, index=index) for index, step in enumerate(steps))
