"""Timelines as callers read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalbox.kernel.events import JsonObject
from signalbox.kernel.timeline import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One entry of a timeline."""

    sequence: int
    at: str
    type: str
    actor: str
    reason: str
    data: JsonObject
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """A page, oldest first; without a cursor it is the last."""

    events: tuple[EventView, ...]
    cursor: str | None


def timeline_view(entries: Sequence[Entry], limit: int) -> TimelineView:
    """A page of a timeline as read."""
    events = tuple(
        EventView(
            sequence=entry.sequence,
            at=entry.at,
            type=entry.type,
            actor=entry.actor,
            reason=entry.reason,
            data=entry.data,
            previous_hash=entry.previous_hash,
            hash=entry.hash,
        )
        for entry in entries
    )
    return TimelineView(events=events, cursor=str(events[-1].sequence) if len(events) == limit else None)
