"""What its tag wants otherwise than its fleet is looked at again when that ends."""

from dataclasses import replace
from datetime import datetime

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Standing
from signalbox.fleets.steps.turn import Told, publish, tell
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import ENGINE, Event


def hold_back(name: str, standing: Standing, until: datetime, ports: FleetPorts) -> None:
    """Remembered, and told: who hears of it arms the timetable, which what the machine calls may not, since
    it does not know whom the timetable wakes. Of several ends the first counts. Raises Conflict."""
    now, known = ports.clock(), standing.look_again_at
    first = min(known, until) if known is not None and known > now else until
    if first == known:
        publish(name, Told(standing), ports)
        return
    told = Event(
        type="Resources Held Back",
        at=now,
        actor=ENGINE,
        reason=f"a tag wants something otherwise until {rfc3339(first)}",
        data={"until": rfc3339(first)},
    )
    tell(name, replace(standing, look_again_at=first), [told], ports)
