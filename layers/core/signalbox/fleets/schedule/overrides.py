"""What somebody wants instead of the schedule for a while; it ends by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime

from signalbox.fleets.model import Action, Override, Power, Transition, Wanted
from signalbox.fleets.schedule.calendar import Schedule
from signalbox.fleets.schedule.transitions import HORIZON, INSTANT, following, transitions, wanted


def forecast(
    schedule: Schedule, override: Override | None, begin: datetime, end: datetime
) -> Iterator[Transition]:
    """All transitions, begin <= at < end, oldest first.

    An override hides those of the schedule from `since` to `until`. In their place stand its own: at `since`,
    if the schedule wanted something else, and at `until`, if the schedule wants something else then.
    """
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    if override is None or override.since >= override.until:
        yield from transitions(schedule, begin, end)
        return
    yield from transitions(schedule, begin, min(end, override.since))
    yield from (edge for edge in _edges(schedule, override) if begin <= edge.at < end)
    yield from transitions(schedule, max(begin, override.until + INSTANT), end)


def wanted_with(schedule: Schedule, override: Override | None, at: datetime) -> Wanted:
    """What the fleet is meant to be, and why: by the override from `since` until just before `until`."""
    if override is not None and override.since <= at < override.until:
        return Wanted(power=override.power, reason=_told(schedule, override))
    return wanted(schedule, at)


def following_with(schedule: Schedule, override: Override | None, after: datetime) -> Transition | None:
    """The first transition later than that, of the 400 days after it, or after the override's end."""
    if override is None or override.until <= after:
        return following(schedule, after)
    begin = after.astimezone(UTC) + INSTANT
    return next(forecast(schedule, override, begin, override.until + HORIZON), None)


def _edges(schedule: Schedule, override: Override) -> Iterator[Transition]:
    before, after = wanted(schedule, override.since - INSTANT), wanted(schedule, override.until)
    if before.power is not override.power:
        yield _transition(override.since, override.power, _told(schedule, override))
    if after.power is not override.power:
        yield _transition(override.until, after.power, f"override by {override.by} ends: {after.reason}")


def _transition(at: datetime, power: Power, reason: str) -> Transition:
    return Transition(at=at.astimezone(UTC), action=Action.towards(power), reason=reason)


def _told(schedule: Schedule, override: Override) -> str:
    until = schedule.time(override.until)
    return f"override by {override.by}: {override.power} until {until}: {override.reason}"
