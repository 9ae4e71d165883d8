"""Publishes what happened to fleets on the Signalbox bus."""

from collections.abc import Sequence

from signalbox.aws.bus import put_events
from signalbox.kernel.timeline import Entry

SOURCE = "signalbox.fleets"


class FleetBus:
    """Port `Bus` of fleets. Consumers deduplicate by `detail.fleet` and `detail.sequence`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def publish(self, fleet: str, entries: Sequence[Entry]) -> None:
        """In order; raises Transient when the bus did not take one."""
        put_events(self._name, SOURCE, {"fleet": fleet}, entries)
