"""Publishes what happened to findings on the Signalbox bus."""

from collections.abc import Sequence

from signalbox.aws.bus import put_events
from signalbox.compliance.record import Finding
from signalbox.kernel.timeline import Entry

SOURCE = "signalbox.compliance"


class FindingBus:
    """Port `Bus` of compliance. Consumers deduplicate by `detail.finding` and `detail.sequence`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def publish(self, finding: Finding, entries: Sequence[Entry]) -> None:
        """In order; raises Transient when the bus did not take one."""
        subject = {"finding": finding.id, "rule": finding.rule, "resource": finding.resource.id}
        put_events(self._name, SOURCE, subject, entries)
