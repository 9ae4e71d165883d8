"""EventBridge Scheduler's part: fires the schedules that moto keeps, on the local clock."""

import re
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, scheduler_backends

from signalbox_local import scheduler
from signalbox_local.bus import iso
from signalbox_local.clock import Clock
from signalbox_local.delivery import Consignment, Delivery, InvocationRefused, dead_letter_attributes
from signalbox_local.rounds import Rounds
from signalbox_local.sandbox import LambdaServiceError
from signalbox_local.service_roles import ServiceRoles
from signalbox_local.targets import Functions

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
LOOK_EVERY_SECONDS = 0.2
UTC_NAMES = frozenset({"UTC", "Etc/UTC"})


class NotHere(ValueError):
    """A schedule that AWS would take, and the local runtime cannot fire."""


@dataclass(frozen=True)
class Once:
    """`at(2026-11-27T20:00:00)` in some zone; one that is over before it is made fires at once."""

    at: datetime

    def pass_by(self, due: datetime | None, now: datetime) -> tuple[list[datetime], datetime | None]:
        return ([due], None) if due and due <= now else ([], due)


def parse(expression: str, zone: str) -> Once | scheduler.Schedule:
    """Raises ValueError for what AWS refuses, NotHere for what only AWS can do."""
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{zone} is no time zone") from None
    if found := _AT.fullmatch(expression):
        return Once(datetime.fromisoformat(found[1]).replace(tzinfo=local).astimezone(UTC))
    schedule = scheduler.parse_schedule(expression)
    if expression.startswith("cron") and zone not in UTC_NAMES:
        raise NotHere(f"cron in the zone {zone} is not available locally")
    return schedule


def check(given: Any) -> None:
    """What a request says of a schedule. Raises ValueError, NotHere among them."""
    zone = given("ScheduleExpressionTimezone") or "UTC"
    try:
        schedule = parse(given("ScheduleExpression") or "", zone)
    except NotHere:
        raise
    except ValueError:
        raise ValueError(f"Invalid Schedule Expression {given('ScheduleExpression')}.") from None
    if not isinstance(schedule, Once) and (given("StartDate") or given("EndDate")):
        raise NotHere("StartDate and EndDate are not available locally")
    if str(given("Target")["Arn"]).split(":")[2] != "lambda":
        raise NotHere("targets other than Lambda functions are not available locally")


class Schedules:
    """Looks several times a second; a schedule that is changed begins anew, and a disabled one is silent."""

    def __init__(
        self, functions: Functions, roles: ServiceRoles, clock: Clock, account: str, region: str
    ) -> None:
        self._functions = functions
        self._roles = roles
        self._clock = clock
        self._place = (account, region)
        self._due: dict[tuple[str, str, str, float], datetime | None] = {}
        self._lock = threading.RLock()
        self._delivery = Delivery(self._carry, self._bury)
        self._rounds = Rounds("schedules", LOOK_EVERY_SECONDS, self.look)
        clock.on_advance(self.look)

    def start(self) -> None:
        self.deliver()
        self._rounds.start()

    def deliver(self) -> None:
        """From now on what is fired arrives; somebody else looks what is due."""
        self._delivery.start()

    def stop(self) -> None:
        self._rounds.stop()
        self._delivery.stop()

    def look(self) -> None:
        """Fires what is due by the local clock, in the order of its moments."""
        with self._lock:
            now = self._clock.now()
            known = {_key(schedule): schedule for schedule in self._enabled()}
            self._due = {key: self._due[key] for key in known if key in self._due}
            due = [(moment, each) for key, each in known.items() for moment in self._moments(key, now)]
            for moment, schedule in sorted(due, key=lambda pair: pair[0]):
                self._fire(schedule, moment)

    @property
    def _backend(self) -> EventBridgeSchedulerBackend:
        account, region = self._place
        return scheduler_backends[account][region]

    def _enabled(self) -> list[Schedule]:
        groups = list(self._backend.schedule_groups.values())
        return [one for group in groups for one in list(group.schedules.values()) if one.state == "ENABLED"]

    def _moments(self, key: tuple[str, str, str, float], now: datetime) -> list[datetime]:
        schedule = parse(key[1], key[2])
        if key not in self._due:
            self._due[key] = schedule.at if isinstance(schedule, Once) else schedule.after(now)
        due = self._due[key]
        if due is None:
            return []
        moments, self._due[key] = schedule.pass_by(due, now)
        return moments

    def _fire(self, schedule: Schedule, moment: datetime) -> None:
        execution = str(uuid.uuid4())
        body = str(schedule.target.get("Input") or "{}")
        for name, value in (
            ("schedule-arn", schedule.arn),
            ("scheduled-time", iso(moment)),
            ("execution-id", execution),
        ):
            body = body.replace(f"<aws.scheduler.{name}>", value)
        sent = time.monotonic()
        self._delivery.send(Consignment(schedule.arn, dict(schedule.target), body, execution, body, sent))
        if self._due[_key(schedule)] is None and schedule.action_after_completion == "DELETE":
            self._backend.schedule_groups[schedule.group_name].schedules.pop(schedule.name, None)

    def _carry(self, consignment: Consignment) -> None:
        role, function = str(consignment.target["RoleArn"]), consignment.target_arn
        refusal = self._roles.recorded(role, "lambda:InvokeFunction", function, Payload=consignment.payload)
        if refusal:
            raise InvocationRefused("NO_PERMISSIONS", refusal)
        try:
            self._functions.invoke_async(function, consignment.payload.encode())
        except LambdaServiceError as error:
            raise InvocationRefused(error.code, str(error)) from error

    def _bury(self, consignment: Consignment, refusal: InvocationRefused, condition: str | None) -> None:
        told = dead_letter_attributes(consignment, refusal, condition)
        told["SCHEDULE_ARN"] = told.pop("RULE_ARN")
        role, queue = str(consignment.target["RoleArn"]), str(consignment.dead_letter_arn)
        self._roles.send(role, queue, consignment.event_body, told)


def _key(schedule: Schedule) -> tuple[str, str, str, float]:
    """What makes it another one when it changes."""
    zone = schedule.schedule_expression_timezone
    return schedule.arn, schedule.schedule_expression, zone, schedule.last_modified_date
