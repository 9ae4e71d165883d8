"""The first rollout of a service: nothing serves that could be watched, compared with, or gone back to."""

from collections.abc import Iterable
from dataclasses import replace

from signalbox.rollouts.estate import Group
from signalbox.rollouts.model import Step
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.strategies.drafts import launch, numbered


def is_first(groups: Iterable[Group]) -> bool:
    """Whether none of the service's groups has instances, nor is about to."""
    return not any(group.desired or group.present for group in groups)


def first_steps(size: int) -> tuple[Step, ...]:
    """So many instances on the version, healthy: no shares, no bakes."""
    return numbered([launch(size)])


def unguarded(spec: ServiceSpec) -> ServiceSpec:
    """The service without alarms: they may well be red because nothing serves."""
    return replace(spec, guards=replace(spec.guards, alarms=()))


def told(size: int) -> str:
    """For people."""
    what = "1 instance launches" if size == 1 else f"{size} instances launch"
    return f"this is the first rollout: nothing serves yet, so {what}, and only health is looked at"
