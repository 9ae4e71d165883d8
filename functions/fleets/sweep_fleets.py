"""Rule `SweepFleetsRule`: what a fault has lost, once an hour."""

from signalbox.entrypoint import listener
from signalbox.fleets.commands.occurrences import hourly
from signalbox.fleets.commands.sweep_fleets import sweep_fleets
from signalbox.wiring import fleet_ports


@listener(hourly)
def handler(_: str) -> str:
    """Every fleet by itself."""
    return sweep_fleets(fleet_ports())
