"""Fixes that take several stages, as tables of steps: the plan is all of them, a stage the first not done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from signalbox.compliance.model import Write
from signalbox.compliance.rules.rule import Stage

T = TypeVar("T")
PATIENCE = timedelta(minutes=30)  # AWS needs seconds for most of it


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[T]):
    """One step towards a goal, by what was before and what is now. `is_needed` says whether the plan has it;
    while it `is_busy` AWS works on it, and nothing is written. A step that is not undoable comes after the
    point from which nothing leads back."""

    name: str
    write: Callable[[T], Write]
    is_done: Callable[[T], bool]
    is_needed: Callable[[T], bool] = _always
    is_busy: Callable[[T], bool] = _never
    within: timedelta = PATIENCE
    is_undoable: bool = True


def plan(steps: Sequence[Step[T]], of: T) -> tuple[Write, ...]:
    """Every write that it takes."""
    return tuple(step.write(of) for step in steps if step.is_needed(of))


def names(steps: Sequence[Step[T]], of: T) -> tuple[str, ...]:
    """The same in words."""
    return tuple(step.name for step in steps if step.is_needed(of))


def next_stage(steps: Sequence[Step[T]], of: T) -> Stage | None:
    """None when all of them are done."""
    for step in steps:
        if step.is_needed(of) and not step.is_done(of):
            writes = () if step.is_busy(of) else (step.write(of),)
            return Stage(name=step.name, writes=writes, within=step.within, is_undoable=step.is_undoable)
    return None
