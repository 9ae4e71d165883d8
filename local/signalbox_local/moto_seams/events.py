"""Seams of EventBridge and CloudWatch: our bus, our evaluation of alarms."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend

from signalbox_local.alarms import Alarms
from signalbox_local.bus import Bus
from signalbox_local.moto_seams.seams import Seams
from signalbox_local.scheduler import parse_schedule


def event_bus(seams: Seams, bus: Bus) -> None:
    """PutEvents goes to our bus; schedules are read as strictly as on AWS."""
    # moto delivers to a few kinds of target only, fires DISABLED rules and ignores Input and DLQs.
    seams.replace(EventsBackend, "put_events", lambda self, events: bus.put_events(events))

    # moto checks a schedule by a loose pattern.
    def checked(original: Callable[..., Any]) -> Callable[..., Any]:
        def put_rule(self: EventsBackend, name: str, **given: Any) -> Any:
            try:
                if given.get("scheduled_expression"):
                    parse_schedule(given["scheduled_expression"])
            except ValueError:
                raise ValidationException("Parameter ScheduleExpression is not valid.") from None
            return original(self, name, **given)

        return put_rule

    seams.wrap(EventsBackend, "put_rule", checked)


def alarm_states(seams: Seams, alarms: Alarms) -> None:
    """New alarms begin without data, and a state that a client sets is an event; one request at a time."""
    lock = threading.RLock()

    # moto answers DescribeAlarms from the very dictionary that PutMetricAlarm and DeleteAlarms change.
    def one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_action(self: CloudWatchResponse) -> Any:
            with lock:
                return original(self)

        return call_action

    # moto begins with OK and forgets the state when an alarm is put again.
    def enrolled(original: Callable[..., Any]) -> Callable[..., Any]:
        def put_metric_alarm(self: CloudWatchBackend, name: str, **given: Any) -> Any:
            before = self.alarms.get(name)
            alarm = original(self, name=name, **given)
            alarms.enrol(alarm, before)
            return alarm

        return put_metric_alarm

    # moto tells nobody of a new state.
    def told(original: Callable[..., None]) -> Callable[..., None]:
        def set_alarm_state(self: CloudWatchBackend, alarm_name: str, *state: Any) -> None:
            alarms.set_by_client(alarm_name, lambda: original(self, alarm_name, *state))

        return set_alarm_state

    seams.wrap(CloudWatchResponse, "call_action", one_at_a_time)
    seams.wrap(CloudWatchBackend, "put_metric_alarm", enrolled)
    seams.wrap(CloudWatchBackend, "set_alarm_state", told)
