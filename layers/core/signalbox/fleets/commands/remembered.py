"""What has been of a fleet stays readable when it is forgotten."""

from signalbox.fleets.ports import FleetPorts


def remembered(name: str, ports: FleetPorts) -> None:
    """Raises NotFound when there is no such fleet and never was one."""
    if not ports.fleets.standing(name).revision:
        ports.fleets.get(name)
