"""EventBridge's part: matches events with the rules that moto keeps and sends them to the rules' targets."""

import itertools
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventBus, EventsBackend, Rule, events_backends

from signalbox_local.delivery import Consignment, Delivery, InvocationRefused, dead_letter_attributes
from signalbox_local.targets import Functions, Targets, send_message
from signalbox_local.transform import payload_for

MAXIMUM_ENTRIES = 10
MAXIMUM_BYTES = 262_144
KEPT_EVENTS = 10_000


@dataclass(frozen=True)
class Recorded:
    """An event that passed a bus, with the names of the rules that it matched."""

    sequence: int
    bus: str
    rules: tuple[str, ...]
    event: dict[str, Any]


def iso(moment: datetime) -> str:
    """The time format of event envelopes: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Bus:
    """Publishes events at once and delivers them in the background; rules are read anew for each event."""

    def __init__(
        self,
        functions: Functions,
        account: str,
        region: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        may_invoke: Callable[[str, str], bool] = lambda function_arn, rule_arn: True,
    ) -> None:
        self._account = account
        self._region = region
        self._now = now
        targets = Targets(functions, self.publish, may_invoke)
        self._delivery = Delivery(targets.carry, _bury)
        self._recorded: deque[Recorded] = deque(maxlen=KEPT_EVENTS)
        self._sequence = itertools.count(1)
        self._lock = threading.Lock()

    def start(self) -> None:
        self._delivery.start()

    def stop(self) -> None:
        self._delivery.stop()

    def idle(self, timeout: float = 5.0) -> bool:
        """Waits until every delivery has ended, retries included; False after `timeout` seconds."""
        return self._delivery.idle(timeout)

    def publish(self, event: Mapping[str, Any], bus: str = "default") -> dict[str, Any]:
        """Puts `{source, detail-type, detail, resources?, time?, id?}` on a bus; returns the full event."""
        full = self._envelope(event)
        matched = [rule for rule in list(self._bus(bus).rules.values()) if _matches(rule, full)]
        self._deliver(full, bus, matched)
        return full

    def fire(self, rule: Rule, event: Mapping[str, Any]) -> dict[str, Any]:
        """Sends an event to the targets of one rule only, as a schedule does."""
        full = self._envelope(event)
        self._deliver(full, rule.event_bus_name, [rule])
        return full

    def put_events(self, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        """PutEvents as a client calls it: an answer per entry."""
        _check_request(entries)
        return [self._put(entry) for entry in entries]

    def events(self, since: int = 0) -> list[Recorded]:
        """The last events after sequence number `since`, oldest first."""
        with self._lock:
            return [recorded for recorded in self._recorded if recorded.sequence > since]

    def _put(self, entry: Mapping[str, Any]) -> dict[str, str]:
        bus = str(entry.get("EventBusName") or "default").split("/")[-1]
        if fault := entry_fault(entry, bus in self._backend.event_buses):
            return {"ErrorCode": fault[0], "ErrorMessage": fault[1]}
        event = {
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "detail": json.loads(entry["Detail"]),
            "resources": entry.get("Resources") or [],
        }
        if entry.get("Time") is not None:
            event["time"] = _entry_time(entry["Time"])
        return {"EventId": self.publish(event, bus)["id"]}

    def _deliver(self, event: dict[str, Any], bus: str, rules: Sequence[Rule]) -> None:
        names = tuple(rule.name for rule in rules)
        with self._lock:
            self._recorded.append(Recorded(next(self._sequence), bus, names, event))
        body = json.dumps(event)
        for rule in rules:
            for target in list(rule.targets):
                payload = payload_for(target, event)
                self._delivery.send(
                    Consignment(rule.arn, dict(target), payload, event["id"], body, time.monotonic())
                )

    def _envelope(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": "0",
            "id": event.get("id") or str(uuid.uuid4()),
            "detail-type": event["detail-type"],
            "source": event["source"],
            "account": self._account,
            "time": event.get("time") or iso(self._now()),
            "region": self._region,
            "resources": list(event.get("resources") or []),
            "detail": event["detail"],
        }

    @property
    def _backend(self) -> EventsBackend:
        return events_backends[self._account][self._region]

    def _bus(self, name: str) -> EventBus:
        return self._backend.event_buses[name]


def _bury(consignment: Consignment, refusal: InvocationRefused, condition: str | None) -> None:
    attributes = dead_letter_attributes(consignment, refusal, condition)
    send_message(str(consignment.dead_letter_arn), consignment.event_body, attributes)


def _matches(rule: Rule, event: dict[str, Any]) -> bool:
    # A rule that has only a schedule holds an empty pattern, which moto takes as a match for everything.
    enabled = rule.state.startswith("ENABLED") and bool(rule.event_pattern.get_pattern())
    return enabled and rule.event_pattern.matches_event(event)  # type: ignore[arg-type]


def entry_fault(entry: Mapping[str, Any], bus_exists: bool) -> tuple[str, str] | None:
    """The error code and message that PutEvents gives for an entry, if it refuses it."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            text = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return "InvalidArgument", text
    if str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    if not bus_exists:
        return "ResourceNotFoundException", f"Event bus {entry['EventBusName']} does not exist."
    return None if _is_object(entry["Detail"]) else ("MalformedDetail", "Detail is malformed.")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _check_request(entries: Sequence[Mapping[str, Any]]) -> None:
    if len(entries) > MAXIMUM_ENTRIES:
        raise ValidationException(
            "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed to satisfy "
            "constraint: Member must have length less than or equal to 10"
        )
    fields = ("Source", "DetailType", "Detail")
    if sum(len(str(entry.get(name) or "").encode()) for entry in entries for name in fields) > MAXIMUM_BYTES:
        raise ValidationException("Total size of the entries in the request is over the limit.")


def _entry_time(given: float | str) -> str:
    if isinstance(given, str):
        return iso(datetime.fromisoformat(given.replace("Z", "+00:00")))
    return iso(datetime.fromtimestamp(float(given), UTC))
