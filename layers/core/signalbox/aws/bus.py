"""Publishes what happened on the Signalbox bus."""

import json
from collections.abc import Sequence
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


class EventBridgeBus:
    """Port `Bus`. Consumers deduplicate by `detail.rollout_id` and `detail.sequence`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def publish(self, rollout: Rollout, entries: Sequence[Entry]) -> None:
        """In order, ten at a time; raises Transient when the bus did not take one."""
        for start in range(0, len(entries), MOST_ENTRIES):
            with aws_errors():
                answer = client("events").put_events(
                    Entries=[self._entry(rollout, entry) for entry in entries[start : start + MOST_ENTRIES]]
                )
            if answer["FailedEntryCount"]:
                raise Transient(f"the bus {self._name} did not take {answer['FailedEntryCount']} events")

    def _entry(self, rollout: Rollout, entry: Entry) -> "PutEventsRequestEntryTypeDef":
        detail = {
            "version": EVENT_VERSION,
            "rollout_id": rollout.rollout_id,
            "service": rollout.service,
            "sequence": entry.sequence,
            "at": entry.at,
            "actor": entry.actor,
            "reason": entry.reason,
            "data": entry.data,
        }
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": entry.type,
            "Detail": json.dumps(detail),
            "Time": from_rfc3339(entry.at),
        }
