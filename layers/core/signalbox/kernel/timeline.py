"""The append-only record: each entry carries the SHA-256 of the one before, so that a change shows."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import Event, JsonObject

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a timeline. `at` is RFC 3339; `hash` covers all other fields, `previous_hash` included, but
    not `public`: that is no part of what is told."""

    sequence: int
    at: str
    type: str
    actor: str
    reason: str
    data: JsonObject
    previous_hash: str
    hash: str
    public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last entry of a timeline: what the next one continues."""

    sequence: int = 0
    hash: str = GENESIS


def _digest(entry: Entry) -> str:
    fields = [
        entry.sequence,
        entry.at,
        entry.type,
        entry.actor,
        entry.reason,
        entry.data,
        entry.previous_hash,
    ]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _following(head: Head, event: Event) -> Entry:
    unsealed = Entry(
        sequence=head.sequence + 1,
        at=rfc3339(event.at),
        type=event.type,
        actor=event.actor,
        reason=event.reason,
        data=event.data,
        previous_hash=head.hash,
        hash="",
        public=event.public,
    )
    return replace(unsealed, hash=_digest(unsealed))


def continue_chain(head: Head, events: Iterable[Event]) -> tuple[Head, tuple[Entry, ...]]:
    """The entries that append `events` to the chain, and its new head."""
    entries: list[Entry] = []
    for event in events:
        entry = _following(head, event)
        entries.append(entry)
        head = Head(sequence=entry.sequence, hash=entry.hash)
    return head, tuple(entries)


def first_break(entries: Sequence[Entry], end: Head = Head()) -> int | None:  # noqa: B008 - it is frozen
    """The sequence of the first entry that was changed, dropped or moved; None when the chain holds.

    `entries` are all of a timeline, oldest first. `end` is the head that the record remembers: that entry is
    among them, and others may have followed since; without it, what was cut off at the end does not show.
    The hash is SHA-256, in hex, over the entry's fields as a compact JSON list: sequence, at, type, actor,
    reason, data (keys sorted), previous_hash.
    """
    head = Head()
    for entry in entries:
        expected = (head.sequence + 1, head.hash, _digest(entry))
        if (entry.sequence, entry.previous_hash, entry.hash) != expected:
            return entry.sequence
        head = Head(sequence=entry.sequence, hash=entry.hash)
        if entry.sequence == end.sequence and head != end:
            return entry.sequence
    return head.sequence + 1 if head.sequence < end.sequence else None
