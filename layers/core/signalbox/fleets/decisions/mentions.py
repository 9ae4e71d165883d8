"""What a fleet's timeline says of one resource. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from signalbox.fleets.model import Action, Power
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.timeline import Entry

BEGUN = {Action.START: "Fleet Start Requested", Action.STOP: "Fleet Stop Requested"}
BY_OTHERS = {Power.RUNNING: "Resource Started By Others", Power.STOPPED: "Resource Stopped By Others"}
_SEEN = {type_: power for power, type_ in BY_OTHERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Somebody else has switched it, and the fleet has let it be. CloudTrail knows who that was."""

    power: Power
    reason: str
    at: datetime


def mentions(entries: Sequence[Entry], resource: str) -> Iterator[Seen | str]:
    """What may concern the resource, the newest first: that others have switched it, or the id of a run that
    names it, or that was begun for the whole fleet. The entries are given oldest first."""
    for entry in reversed(entries):
        if entry.type in _SEEN and entry.data["resource"] == resource:
            yield Seen(power=_SEEN[entry.type], reason=entry.reason, at=from_rfc3339(entry.at))
        elif entry.type in BEGUN.values() and _may_have_met(entry, resource):
            yield str(entry.data["run_id"])


def _may_have_met(entry: Entry, resource: str) -> bool:
    named = entry.data.get("resources")
    return not isinstance(named, list) or resource in {str(name).partition(":")[2] for name in named}
