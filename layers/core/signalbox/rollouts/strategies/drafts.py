"""A step before it has its place in a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signalbox.kernel.durations import format_duration, parse_duration
from signalbox.rollouts.model import Step, StepKind


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


def replace_batches(percent: int, batch: int) -> Step:
    """Stable's instances on the new version, `batch` percent at a time."""
    name = f"replace {percent} % in batches of {batch} %"
    return Step(index=0, kind=StepKind.REPLACE, name=name, percent=percent, batch=batch)


def bake(duration: str) -> Step:
    """Watch the guards."""
    span = parse_duration(duration)
    return Step(
        index=0, kind=StepKind.BAKE, name=f"bake {format_duration(span)}", seconds=int(span.total_seconds())
    )


def pause() -> Step:
    """Wait for a person."""
    return Step(index=0, kind=StepKind.PAUSE, name="pause")


def retire() -> Step:
    """Remove what is no longer needed."""
    return Step(index=0, kind=StepKind.RETIRE, name="retire")


def numbered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps with their place in the plan."""
    return tuple(replace(step, index=index) for index, step in enumerate(steps))
