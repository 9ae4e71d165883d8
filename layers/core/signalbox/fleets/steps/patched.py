"""Instances that are being patched are not stopped in the middle of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from signalbox.fleets.model import Action, Condition, Kind, Place, Resource
from signalbox.fleets.ports import FleetPorts


def with_patches(
    found: Iterable[Resource], kind: Kind, place: Place, action: Action, ports: FleetPorts
) -> Iterator[Resource]:
    """What was found, where what runs and is being patched is busy. Systems Manager is asked once, and only
    when something runs that is to be stopped. Raises Transient and Rejected: who knows nothing stops
    nothing."""
    if kind is not Kind.EC2 or action is not Action.STOP:
        yield from found
        return
    patched: Mapping[str, str] | None = None
    for resource in found:
        if resource.condition is not Condition.RUNNING:
            yield resource
            continue
        if patched is None:
            patched = ports.patching.patched(place, ports.clock())
        by = patched.get(resource.id)
        if by is not None:
            yield replace(resource, condition=Condition.BUSY, detail=f"being patched: {by}")
        else:
            yield resource
