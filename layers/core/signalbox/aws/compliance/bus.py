"""Publishes what happened to findings and exceptions on the Signalbox bus."""

from collections.abc import Sequence

from signalbox.aws.bus import put_events
from signalbox.compliance.record import Excepted, Finding
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Entry

SOURCE = "signalbox.compliance"
PAGES = frozenset({"Finding Flapping"})  # by the rule that pages


class FindingBus:
    """Port `Bus` of compliance. Consumers deduplicate by `detail.finding`, or `detail.exception`, and
    `detail.sequence`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def publish(self, finding: Finding, entries: Sequence[Entry]) -> None:
        """In order; raises Transient when the bus did not take one."""
        subject = {"finding": finding.id, "rule": finding.rule, "resource": finding.resource.id}
        put_events(self._name, SOURCE, subject, entries)

    def publish_exception(self, exception: Excepted, event: Event) -> None:
        """Its sequence is the version; raises Transient when the bus did not take it."""
        entry = Entry(
            sequence=exception.version,
            at=rfc3339(event.at),
            type=event.type,
            actor=event.actor,
            reason=event.reason,
            data=event.data,
            previous_hash="",  # the versions are no timeline
            hash="",
        )
        put_events(self._name, SOURCE, {"exception": exception.id}, [entry])
