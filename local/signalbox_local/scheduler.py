"""Fires the schedule rules that moto keeps, on the local clock."""

import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]
from moto.events.models import Rule, events_backends

from signalbox_local.bus import Bus, iso
from signalbox_local.clock import Clock
from signalbox_local.rounds import Rounds

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.+)\)")
LOOK_EVERY_SECONDS = 0.2
# A clock that is set forward by years must not flood the bus.
MOST_MISSED = 1_000


class Schedule(Protocol):
    """When a rule fires: the first moment after another one, or never again."""

    def after(self, moment: datetime) -> datetime | None: ...

    def pass_by(self, due: datetime, now: datetime) -> tuple[list[datetime], datetime | None]:
        """The moments from `due` to `now` at which to fire, and the next one after them."""


class Rate:
    """`rate(5 minutes)`; a jump of the clock over several rounds fires the last one only."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def after(self, moment: datetime) -> datetime:
        return moment + self._interval

    def pass_by(self, due: datetime, now: datetime) -> tuple[list[datetime], datetime | None]:
        if due > now:
            return [], due
        last = due + self._interval * ((now - due) // self._interval)
        return [last], last + self._interval


class Cron:
    """`cron(0 8 ? * MON-FRI *)` in UTC; a jump of the clock fires every moment that it passes."""

    def __init__(self, expression: str) -> None:
        self._cron = AwsCroniter(expression)

    def after(self, moment: datetime) -> datetime | None:
        found: datetime | None = self._cron.occurrence(moment).next()
        return found

    def pass_by(self, due: datetime, now: datetime) -> tuple[list[datetime], datetime | None]:
        return list(self._until(due, now)), self.after(now) if due <= now else due

    def _until(self, due: datetime | None, now: datetime) -> Iterator[datetime]:
        for _ in range(MOST_MISSED):
            if due is None or due > now:
                return
            yield due
            due = self.after(due)


def parse_schedule(expression: str) -> Schedule:
    """Reads a schedule expression of EventBridge; raises ValueError as AWS would refuse it."""
    if rate := _RATE.fullmatch(expression):
        count, unit, plural = int(rate[1]), rate[2], rate[3]
        if count < 1 or (count == 1) == bool(plural):
            raise ValueError(expression)
        return Rate(timedelta(**{f"{unit}s": count}))
    if cron := _CRON.fullmatch(expression):
        try:
            return Cron(cron[1])
        # aws-croniter has no common base of its errors.
        except Exception as error:
            raise ValueError(expression) from error
    raise ValueError(expression)


class Scheduler:
    """Looks at the rules several times a second; a rule enabled or changed starts its schedule anew."""

    def __init__(self, bus: Bus, clock: Clock, account: str, region: str) -> None:
        self._bus = bus
        self._clock = clock
        self._account = account
        self._region = region
        self._due: dict[tuple[str, str], datetime | None] = {}
        self._lock = threading.RLock()
        self._rounds = Rounds("scheduler", LOOK_EVERY_SECONDS, self.look)
        clock.on_advance(self.look)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        self._rounds.stop()

    def look(self) -> list[dict[str, Any]]:
        """Fires what is due by the local clock, in the order of its moments; returns the events."""
        with self._lock:
            now = self._clock.now()
            rules = {(rule.arn, str(rule.scheduled_expression)): rule for rule in self._scheduled()}
            self._due = {key: self._due[key] for key in rules if key in self._due}
            fired = [(moment, rule) for key, rule in rules.items() for moment in self._moments(key, now)]
            return [self._fire(rule, moment) for moment, rule in sorted(fired, key=lambda pair: pair[0])]

    def _scheduled(self) -> list[Rule]:
        rules = list(events_backends[self._account][self._region].event_buses["default"].rules.values())
        return [rule for rule in rules if rule.scheduled_expression and rule.state == "ENABLED"]

    def _moments(self, key: tuple[str, str], now: datetime) -> list[datetime]:
        schedule = parse_schedule(key[1])
        if key not in self._due:
            self._due[key] = schedule.after(now)
        moments: list[datetime] = []
        if due := self._due[key]:
            moments, self._due[key] = schedule.pass_by(due, now)
        return moments

    def _fire(self, rule: Rule, moment: datetime) -> dict[str, Any]:
        return self._bus.fire(
            rule,
            {
                "source": "aws.events",
                "detail-type": "Scheduled Event",
                "resources": [rule.arn],
                "time": iso(moment),
                "detail": {},
            },
        )
