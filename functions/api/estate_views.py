"""What callers read of AWS itself: guards and capacity."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalbox.rollouts.estate import Alarm, Estate, Group, Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardView:
    """One guard. `state` is the alarm's now; null when the rollout has ended. `datapoints` are those that led
    to it, oldest first, as of `since`; `comparison` and `threshold` say which ones are bad."""

    kind: str
    name: str
    state: str | None
    reason: str
    since: str | None
    comparison: str | None
    threshold: float | None
    datapoints: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """One side's group as AWS tells it: the launch template version and the size that it should have, its
    instances that are not on their way out, and how many of them are healthy targets."""

    group: str
    template_version: str
    desired: int
    instances: int
    healthy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Both sides now; null where there is no group."""

    stable: SideView | None
    candidate: SideView | None


def guard_views(named: Sequence[str], alarms: Sequence[Alarm]) -> tuple[GuardView, ...]:
    """The named alarms, then the copies; `alarms` are those that could be read."""
    found = {alarm.name: alarm for alarm in alarms}
    return tuple(_guard(name, found.get(name)) for name in dict.fromkeys((*named, *found)))


def _guard(name: str, alarm: Alarm | None) -> GuardView:
    return GuardView(
        kind="alarm",
        name=name,
        state=alarm.state if alarm else None,
        reason=alarm.reason if alarm else "",
        since=(alarm.updated_at or None) if alarm else None,
        comparison=(alarm.comparison or None) if alarm else None,
        threshold=alarm.threshold if alarm else None,
        datapoints=alarm.datapoints if alarm else (),
    )


def capacity_view(estate: Estate) -> Capacity:
    """Both sides as observed."""
    return Capacity(
        stable=_side(estate.stable, estate.healthy_stable),
        candidate=_side(estate.candidate, estate.healthy_candidate),
    )


def _side(group: Group | None, healthy: Sequence[Instance]) -> SideView | None:
    if group is None:
        return None
    return SideView(
        group=group.name,
        template_version=group.resolved_version,
        desired=group.desired,
        instances=len(group.present),
        healthy=len(healthy),
    )
