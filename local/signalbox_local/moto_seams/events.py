"""Seams of EventBridge: our bus, our reading of schedules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend

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
