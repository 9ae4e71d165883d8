"""Timelines as anybody can check them from outside: how they may end, and the documented hash."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

TERMINAL = frozenset({"Rollout Succeeded", "Rollout Rolled Back", "Rollout Aborted", "Rollout Cancelled"})
GENESIS = "0" * 64
HASHED = ("sequence", "at", "type", "actor", "reason", "data", "previous_hash")


def first_break(entries: Iterable[Mapping[str, Any]]) -> int | None:
    """The sequence of the first entry that does not follow from the one before, by the documented hash."""
    before = GENESIS
    for number, entry in enumerate(entries, 1):
        text = json.dumps([entry[name] for name in HASHED], sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        if (entry["sequence"], entry["previous_hash"], entry["hash"]) != (number, before, digest):
            return number
        before = digest
    return None
