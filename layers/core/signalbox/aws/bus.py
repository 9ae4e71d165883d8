"""Publishes what happened on the Signalbox bus."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Transient
from signalbox.kernel.events import EVENT_VERSION
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.record import Rollout

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "signalbox.rollouts"
MOST_ENTRIES = 10  # that PutEvents takes at once


def put_events(bus: str, source: str, subject: Mapping[str, str], entries: Sequence[Entry]) -> None:
    """In order, ten at a time; raises Transient when the bus did not take one. `subject`: whose they are."""
    for start in range(0, len(entries), MOST_ENTRIES):
        with aws_errors():
            answer = client("events").put_events(
                Entries=[_entry(bus, source, subject, one) for one in entries[start : start + MOST_ENTRIES]]
            )
        if answer["FailedEntryCount"]:
            raise Transient(f"the bus {bus} did not take {answer['FailedEntryCount']} events")


def _entry(bus: str, source: str, subject: Mapping[str, str], entry: Entry) -> "PutEventsRequestEntryTypeDef":
    detail = {
        "version": EVENT_VERSION,
        **subject,
        "sequence": entry.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "reason": entry.reason,
        "data": entry.data,
    }
    return {
        "EventBusName": bus,
        "Source": source,
        "DetailType": entry.type,
        "Detail": json.dumps(detail),
        "Time": from_rfc3339(entry.at),
    }


class EventBridgeBus:
    """Port `Bus` of rollouts. Consumers deduplicate by `detail.rollout_id` and `detail.sequence`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def publish(self, rollout: Rollout, entries: Sequence[Entry]) -> None:
        """In order; raises Transient when the bus did not take one."""
        subject = {"rollout_id": rollout.rollout_id, "service": rollout.service}
        put_events(self._name, SOURCE, subject, entries)
