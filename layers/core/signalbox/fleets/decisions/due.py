"""What a fleet should have followed until now, with an override considered. Pure."""

from datetime import datetime

from signalbox.fleets.model import Action, Override, Transition
from signalbox.fleets.schedule.calendar import Schedule
from signalbox.fleets.schedule.transitions import latest, wanted
from signalbox.kernel.clock import rfc3339


def live(override: Override | None, now: datetime) -> Override | None:
    """The override, while it lasts."""
    return override if override is not None and now < override.until else None


def due(schedule: Schedule, override: Override | None, now: datetime) -> Transition | None:
    """The last transition until now. Those before it that were missed are not made up for."""
    if override is None:
        return latest(schedule, now)
    if now < override.until:
        return _begun(override)
    found = latest(schedule, now)
    if found is not None and found.at > override.until:
        return found
    then = wanted(schedule, override.until)
    if then.power is override.power:
        return _begun(override)
    return Transition(
        at=override.until,
        action=Action.towards(then.power),
        reason=f"override by {override.by} ends: {then.reason}",
    )


def _begun(override: Override) -> Transition:
    reason = f"override by {override.by}: {override.power} until {rfc3339(override.until)}"
    return Transition(at=override.since, action=Action.towards(override.power), reason=reason)
