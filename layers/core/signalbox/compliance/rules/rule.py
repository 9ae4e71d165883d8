"""What every rule and its playbook state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode, Resource, Verdict, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a fix: what it does in words, the writes that it still takes (none while AWS is at work on
    it), how long it may take, and whether from there it can be undone."""

    name: str
    writes: tuple[Write, ...]
    within: timedelta
    is_undoable: bool = True


Way = Callable[[Resource, Configuration, Configuration], Stage | None]
"""What comes next, by what was recorded and what is now; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The ways of a fix that cannot be made at once: towards what must be so, and back to what was; `names`
    are all stages towards it, by what was before; `remains` names what is left of it when it is done, by
    which people can go back."""

    names: Callable[[Resource, Configuration], tuple[str, ...]]
    forward: Way
    back: Way
    remains: Callable[[Resource, Configuration], tuple[str, ...]]


SOON = timedelta(minutes=5)  # until a fix can be seen, of most


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """How a resource is put right. `obstacle` says why a fix must not be made, empty when nothing is in the
    way; `act` are the writes that make it so, `undo` those that bring a recorded configuration back. Both ask
    for an end state: made twice they change nothing more. `restored` are the fields by which an undo is
    proven, `within` how long AWS may take until a fix can be seen. Of a playbook with `stages` both are the
    whole plan, with a name in angle brackets for what AWS has yet to make.
    """

    mode: Mode
    danger: Danger
    obstacle: Callable[[Configuration], str]
    act: Callable[[Resource, Configuration], tuple[Write, ...]]
    undo: Callable[[Resource, Configuration], tuple[Write, ...]]
    restored: Callable[[Configuration], Configuration]
    within: timedelta = SOON
    stages: Stages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One requirement. `identifier` is the managed rule of AWS Config that looks for it, or our own function;
    `judge` says the same of a configuration that we have read ourselves: it proves a fix, and explains what
    is wrong. `scope` are the types of which AWS Config must keep records for it, where that is not the
    `resource_type` alone: none, when it looks by itself."""

    name: str
    title: str
    identifier: str
    resource_type: str
    judge: Callable[[Configuration], Judgement]
    playbook: Playbook
    scope: tuple[str, ...] | None = None

    @property
    def recorded_types(self) -> tuple[str, ...]:
        """Those of which AWS Config must keep records."""
        return (self.resource_type,) if self.scope is None else self.scope


def compliant(reason: str) -> Judgement:
    """It is as it must be."""
    return Judgement(verdict=Verdict.COMPLIANT, reason=reason)


def non_compliant(reason: str) -> Judgement:
    """It is not."""
    return Judgement(verdict=Verdict.NON_COMPLIANT, reason=reason)


def tells() -> Playbook:
    """Of what nothing of Signalbox puts right."""
    return Playbook(
        mode=Mode.NOTIFY,
        danger=Danger.NONE,
        obstacle=no_obstacle,
        act=_nothing,
        undo=_nothing,
        restored=fields(),
    )


def _nothing(_resource: Resource, _configuration: Configuration) -> tuple[Write, ...]:
    return ()


def no_obstacle(_: Configuration) -> str:
    """Nothing can stand in the way."""
    return ""


def fields(*names: str) -> Callable[[Configuration], Configuration]:
    """Those of a configuration, and no others."""
    return partial(_fields, names)


def _fields(names: tuple[str, ...], configuration: Configuration) -> Configuration:
    return {name: configuration.get(name) for name in names}
