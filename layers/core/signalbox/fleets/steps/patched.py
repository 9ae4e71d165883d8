"""Instances that are being patched are not stopped in the middle of it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from signalbox.fleets.model import Action, Condition, Kind, Place, Resource
from signalbox.fleets.ports import FleetPorts


def with_patches(
    found: Iterable[Resource], kind: Kind, place: Place, action: Action, ports: FleetPorts
) -> Iterator[Resource]:
    """What was found, where what runs and is being patched is busy. Systems Manager is asked once, and only
    before a stop. Raises Transient and Rejected: who knows nothing stops nothing."""
    if kind is not Kind.EC2 or action is not Action.STOP:
        yield from found
        return
    patched = ports.patching.patched(place)
    for resource in found:
        command = patched.get(resource.id)
        if command is not None and resource.condition is Condition.RUNNING:
            yield replace(resource, condition=Condition.BUSY, detail=f"being patched: {command}")
        else:
            yield resource
