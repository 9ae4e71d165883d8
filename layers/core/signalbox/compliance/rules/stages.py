"""Fixes that take several stages, as tables of steps: the plan is all of them, a stage the first not done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from signalbox.compliance.model import Configuration, Resource, Write
from signalbox.compliance.rules.rule import Stage, Stages

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways(Generic[T]):
    """Both ways, towards what must be so and back to what was, as tables. `read` makes of the resource, what
    was before and what is now that by which steps are judged; `remains` names what is left at the end."""

    read: Callable[[Resource, Configuration, Configuration], T]
    towards: Sequence[Step[T]]
    back: Sequence[Step[T]]
    remains: Callable[[T], tuple[str, ...]]

    def act(self, resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
        """All that it takes, by what is before any of it."""
        return _plan(self.towards, self.read(resource, configuration, configuration))

    def undo(self, resource: Resource, before: Configuration) -> tuple[Write, ...]:
        """All that it may take to come back from anywhere."""
        return _plan(self.back, self.read(resource, before, before))

    @property
    def stages(self) -> Stages:
        """As a playbook has them."""
        return Stages(
            names=self._names,
            forward=lambda resource, before, now: _next(self.towards, self.read(resource, before, now)),
            back=lambda resource, before, now: _next(self.back, self.read(resource, before, now)),
            remains=lambda resource, now: self.remains(self.read(resource, now, now)),
        )

    def _names(self, resource: Resource, configuration: Configuration) -> tuple[str, ...]:
        of = self.read(resource, configuration, configuration)
        return tuple(step.name for step in self.towards if step.is_needed(of))


def _plan(steps: Sequence[Step[T]], of: T) -> tuple[Write, ...]:
    return tuple(step.write(of) for step in steps if step.is_needed(of))


def _next(steps: Sequence[Step[T]], of: T) -> Stage | None:
    for step in steps:
        if step.is_needed(of) and not step.is_done(of):
            writes = () if step.is_busy(of) else (step.write(of),)
            return Stage(name=step.name, writes=writes, within=step.within, is_undoable=step.is_undoable)
    return None
