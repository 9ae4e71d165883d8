"""The record of AWS calls: who asked what, when, and what came of it."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any

KEPT = 20_000


@dataclass(slots=True)
class CallRecord:
    """One call: `at` is its arrival in epoch seconds; `status` and `error` are None while it is under way.

    `permissions` are what the principal had to be allowed: an action and the resources of which one must do.
    `conditions` are the condition keys of the policies that were not evaluated.
    """

    sequence: int
    at: float
    principal: str
    service: str
    operation: str
    resources: tuple[str, ...]
    parameters: Mapping[str, Any]
    status: int | None = None
    error: str | None = None
    permissions: tuple[tuple[str, ...], ...] = ()
    conditions: tuple[str, ...] = ()


class CallLog:
    """The last calls in the order of their arrival; `sequence` counts from 1 and never repeats."""

    def __init__(self, kept: int = KEPT, now: Callable[[], float] = time) -> None:
        self._records: deque[CallRecord] = deque(maxlen=kept)
        self._now = now
        self._lock = threading.Lock()
        self._count = 0

    def begin(
        self,
        principal: str,
        service: str,
        operation: str,
        resources: tuple[str, ...],
        parameters: Mapping[str, Any],
    ) -> CallRecord:
        """Records an arrival; the caller fills in `status` and `error` when they are known."""
        with self._lock:
            self._count += 1
            record = CallRecord(
                self._count, self._now(), principal, service, operation, resources, parameters
            )
            self._records.append(record)
            return record

    def since(self, sequence: int = 0) -> list[CallRecord]:
        """All kept records after this sequence number, oldest first."""
        with self._lock:
            return [record for record in self._records if record.sequence > sequence]
