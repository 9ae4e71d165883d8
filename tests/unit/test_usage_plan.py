"""The usage plan of the local API: a token bucket and a quota, by clocks that a test sets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from signalbox_local.api_facts import Quota
from signalbox_local.usage_plan import Admission, UsagePlan

ADMITTED, THROTTLED, OVER_QUOTA = Admission.ADMITTED, Admission.THROTTLED, Admission.OVER_QUOTA


@dataclass
class Time:
    """Seconds since some moment, and the date."""

    seconds: float = 0
    date: datetime = field(default_factory=lambda: datetime(2026, 1, 31, 23, tzinfo=UTC))

    def plan(self, rate: float | None, burst: int | None, quota: Quota | None = None) -> UsagePlan:
        return UsagePlan(rate, burst, quota, lambda: self.seconds, lambda: self.date)


def admissions(plan: UsagePlan, count: int) -> list[Admission]:
    return [plan.admit() for _ in range(count)]


def test_a_plan_without_limits_admits_everything() -> None:
    assert set(admissions(Time().plan(None, None), 1000)) == {ADMITTED}


def test_the_burst_is_admitted_at_once_and_no_more() -> None:
    assert admissions(Time().plan(50, 3), 4) == [ADMITTED, ADMITTED, ADMITTED, THROTTLED]


def test_tokens_come_back_at_the_rate_up_to_the_burst() -> None:
    time = Time()
    plan = time.plan(2, 3)
    admissions(plan, 3)
    time.seconds = 1
    assert admissions(plan, 3) == [ADMITTED, ADMITTED, THROTTLED]
    time.seconds = 100
    assert admissions(plan, 4) == [ADMITTED, ADMITTED, ADMITTED, THROTTLED]


def test_the_quota_ends_with_its_period() -> None:
    time = Time()
    plan = time.plan(None, None, Quota(2, "MONTH"))
    assert admissions(plan, 3) == [ADMITTED, ADMITTED, OVER_QUOTA]
    time.date += timedelta(hours=1)
    assert admissions(plan, 1) == [ADMITTED]


def test_days_and_weeks_are_those_of_the_calendar() -> None:
    time = Time(date=datetime(2026, 2, 1, 23, tzinfo=UTC))
    by_day, by_week = time.plan(None, None, Quota(1, "DAY")), time.plan(None, None, Quota(1, "WEEK"))
    assert (admissions(by_day, 2), admissions(by_week, 2)) == ([ADMITTED, OVER_QUOTA],) * 2
    time.date += timedelta(hours=1)
    assert (by_day.admit(), by_week.admit()) == (ADMITTED, ADMITTED), "a Monday"


def test_a_throttled_request_does_not_use_up_the_quota() -> None:
    time = Time()
    plan = time.plan(1, 1, Quota(2, "DAY"))
    assert admissions(plan, 2) == [ADMITTED, THROTTLED]
    time.seconds = 1
    assert admissions(plan, 1) == [ADMITTED]
