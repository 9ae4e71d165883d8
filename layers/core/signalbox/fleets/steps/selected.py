"""Which of some resources a fleet selects."""

from collections.abc import Iterator, Sequence

from signalbox.fleets.decisions.claims import claim_of
from signalbox.fleets.model import Kind, Place, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.spec import FleetSpec


def selected(
    found: Sequence[Resource], spec: FleetSpec, kind: Kind, place: Place, ports: FleetPorts
) -> Sequence[Resource]:
    """Those that it selects, of what was found of a kind at a place. Only AWS knows who is in its resource
    group: it is asked about what neither tags nor names select. Raises Transient and Rejected."""
    claim = claim_of(spec, kind, place)
    others = {resource.id for resource in found if not claim.has(resource)}
    if spec.select.group and others:
        members = _among(others, ports.groups.members(spec.select.group, kind, place))
        claim = claim_of(spec, kind, place, tuple(members))
    return [resource for resource in found if claim.has(resource)]


def _among(wanted: set[str], members: Iterator[str]) -> Iterator[str]:
    """No more is read of the group when all have been seen."""
    for member in members:
        if member in wanted:
            wanted.remove(member)
            yield member
        if not wanted:
            return
