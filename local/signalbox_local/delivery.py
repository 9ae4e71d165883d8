"""Delivery of events to targets: attempts, their pace, and the dead-letter queue, as EventBridge does it."""

import heapq
import itertools
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

log = logging.getLogger(__name__)

DEFAULT_RETRIES = 185
DEFAULT_AGE_SECONDS = 86_400
# What EventBridge calls the refusals of its targets; those two are never retried.
ERROR_CODES = {
    "ResourceNotFoundException": "NO_RESOURCE",
    "AccessDeniedException": "NO_PERMISSIONS",
    "TooManyRequestsException": "THROTTLING",
}
FINAL_CODES = frozenset({"NO_RESOURCE", "NO_PERMISSIONS"})


class InvocationRefused(Exception):
    """A target did not accept an invocation; what happens to an accepted one is the target's affair."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = ERROR_CODES.get(code, code)
        self.message = message


@dataclass(frozen=True)
class Consignment:
    """One event on its way to one target of one rule; `sent` in seconds of the monotonic clock."""

    rule_arn: str
    target: Mapping[str, Any]
    payload: str
    event_id: str
    event_body: str
    sent: float
    retries: int = 0

    @property
    def target_arn(self) -> str:
        return str(self.target["Arn"])

    @property
    def dead_letter_arn(self) -> str | None:
        return (self.target.get("DeadLetterConfig") or {}).get("Arn")

    def policy(self, name: str, default: int) -> int:
        return int((self.target.get("RetryPolicy") or {}).get(name, default))


@dataclass(frozen=True)
class Pace:
    """Seconds between attempts: doubling from `first` to `longest`, with jitter; shorter than on AWS."""

    first: float = 0.1
    longest: float = 2.0

    def delay(self, retries: int) -> float:
        return min(self.first * 2.0 ** min(retries, 30), self.longest) * random.uniform(0.75, 1.0)


def exhausted(consignment: Consignment, refusal: InvocationRefused, now: float) -> tuple[bool, str | None]:
    """Whether to give up, and by which limit; no limit is named for a refusal that a retry cannot change."""
    if refusal.code in FINAL_CODES:
        return True, None
    if consignment.retries >= consignment.policy("MaximumRetryAttempts", DEFAULT_RETRIES):
        return True, "MaximumRetryAttempts"
    if now - consignment.sent >= consignment.policy("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS):
        return True, "MaximumEventAgeInSeconds"
    return False, None


def dead_letter_attributes(
    consignment: Consignment, refusal: InvocationRefused, condition: str | None
) -> dict[str, str]:
    """The message attributes of an event in a dead-letter queue."""
    attributes = {
        "RULE_ARN": consignment.rule_arn,
        "TARGET_ARN": consignment.target_arn,
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message,
        "RETRY_ATTEMPTS": str(consignment.retries),
    }
    return attributes if condition is None else attributes | {"EXHAUSTED_RETRY_CONDITION": condition}


class Delivery:
    """Carries consignments on its own threads; `carry` raises InvocationRefused, `bury` gets what was given
    up, the last refusal and the limit that was reached, when there is a queue for it."""

    def __init__(
        self,
        carry: Callable[[Consignment], None],
        bury: Callable[[Consignment, InvocationRefused, str | None], None],
        pace: Pace | None = None,
        workers: int = 4,
    ) -> None:
        self._carry = carry
        self._bury = bury
        self._pace = pace or Pace()
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._queue: list[tuple[float, int, Consignment]] = []
        self._order = itertools.count()
        self._under_way = 0
        self._stopping = False
        self._changed = threading.Condition()

    def start(self) -> None:
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"delivery-{number}", daemon=True)
            for number in range(self._workers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when no thread is left; what was not delivered is dropped."""
        with self._changed:
            self._stopping = True
            self._queue.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def send(self, consignment: Consignment, delay: float = 0.0) -> None:
        """Queues it for `delay` seconds from now; never blocks."""
        with self._changed:
            heapq.heappush(self._queue, (time.monotonic() + delay, next(self._order), consignment))
            self._changed.notify()

    def idle(self, timeout: float) -> bool:
        """Waits until nothing is queued or under way; False when that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._under_way, timeout)

    def _work(self) -> None:
        while (consignment := self._take()) is not None:
            try:
                self._attempt(consignment)
            finally:
                with self._changed:
                    self._under_way -= 1
                    self._changed.notify_all()

    def _take(self) -> Consignment | None:
        with self._changed:
            while not self._stopping:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    self._under_way += 1
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(wait)
            return None

    def _attempt(self, consignment: Consignment) -> None:
        try:
            self._carry(consignment)
        except InvocationRefused as refusal:
            self._refused(consignment, refusal)
        # A target that breaks instead of refusing costs this event a retry, not the bus a thread.
        except Exception as broken:
            log.exception("delivery to %s broke", consignment.target_arn)
            self._refused(consignment, InvocationRefused("INTERNAL_ERROR", repr(broken)))

    def _refused(self, consignment: Consignment, refusal: InvocationRefused) -> None:
        over, condition = exhausted(consignment, refusal, time.monotonic())
        if not over:
            later = replace(consignment, retries=consignment.retries + 1)
            self.send(later, self._pace.delay(consignment.retries))
            return
        log.warning("gave up delivery to %s: %s", consignment.target_arn, refusal)
        if consignment.dead_letter_arn:
            self._bury(consignment, refusal, condition)
