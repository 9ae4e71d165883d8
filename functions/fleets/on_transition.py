"""Schedules of EventBridge Scheduler, one for each fleet: its next transition is due; or a tag has an end
that the next one must know of."""

from signalbox.entrypoint import listener
from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.occurrences import fleet_due
from signalbox.wiring import fleet_ports


@listener(fleet_due)
def handler(name: str) -> str:
    """Arm what comes next, then act on what is due."""
    return attend(name, fleet_ports())
