"""A usage plan: a token bucket for the rate, a counter for the quota."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from time import monotonic

from signalbox_local.api_facts import Quota


class Admission(Enum):
    """What the plan says of one more request."""

    ADMITTED = "admitted"
    THROTTLED = "throttled"
    OVER_QUOTA = "over quota"


def utc_now() -> datetime:
    return datetime.now(UTC)


class UsagePlan:
    """`rate` tokens a second fill a bucket of `burst`; each request takes one. None means unlimited."""

    def __init__(
        self,
        rate: float | None,
        burst: int | None,
        quota: Quota | None = None,
        elapsed: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._rate = rate
        self._burst = float(burst if burst is not None else rate or 0)
        self._quota = quota
        self._elapsed = elapsed
        self._now = now
        self._lock = threading.Lock()
        self._tokens = self._burst
        self._filled_at = elapsed()
        self._period: tuple[int, ...] = ()
        self._used = 0

    def admit(self) -> Admission:
        """Counts the request, unless it is refused; a throttled request does not use up the quota."""
        with self._lock:
            if self._quota and self._used_in_period(self._quota) >= self._quota.limit:
                return Admission.OVER_QUOTA
            if self._rate is not None and not self._take(self._rate):
                return Admission.THROTTLED
            self._used += 1
            return Admission.ADMITTED

    def _take(self, rate: float) -> bool:
        moment = self._elapsed()
        self._tokens = min(self._burst, self._tokens + (moment - self._filled_at) * rate)
        self._filled_at = moment
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _used_in_period(self, quota: Quota) -> int:
        period = _period_of(quota, self._now())
        if period != self._period:
            self._period, self._used = period, 0
        return self._used


def _period_of(quota: Quota, moment: datetime) -> tuple[int, ...]:
    if quota.period == "DAY":
        return (moment.year, moment.month, moment.day)
    return (moment.year, moment.month) if quota.period == "MONTH" else moment.isocalendar()[:2]
