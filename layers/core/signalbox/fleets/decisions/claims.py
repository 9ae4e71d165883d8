"""Whose a resource is: what a selection says of it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signalbox.fleets.model import Kind, Place, Resource
from signalbox.fleets.named import own
from signalbox.fleets.spec import FleetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a fleet selects of one kind at one place: by tags, and by id."""

    fleet: str
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()

    def has(self, resource: Resource) -> bool:
        """Whether the fleet selects it."""
        if resource.id in self.ids:
            return True
        return bool(self.tags) and all(resource.tags.get(name) in known for name, known in self.tags.items())


def pairs_of(spec: FleetSpec, home: Place) -> list[tuple[Place, Kind]]:
    """Where to look for what."""
    regions = spec.select.regions or (home.region,)
    accounts = spec.select.accounts
    if accounts is None:
        places = [replace(home, region=region) for region in regions]
    else:
        places = [
            Place(
                region=region,
                account=account.role_arn.split(":")[4],
                role_arn=account.role_arn,
                external_id=account.external_id,
            )
            for account in accounts
            for region in regions
        ]
    return [(place, kind) for place in places for kind in dict.fromkeys(spec.select.kinds)]


def place_of(spec: FleetSpec, place: Place, kind: Kind, home: Place) -> Place | None:
    """Where the fleet looks for that kind there, with a role of its own; None when it does not."""
    there = (place.account, place.region, kind)
    own_places = (at for at, each in pairs_of(spec, home) if (at.account, at.region, each) == there)
    return next(own_places, None)


def claim_of(spec: FleetSpec, kind: Kind, place: Place, members: Collection[str] = ()) -> Claim:
    """`members` are those of the fleet's resource group: only AWS knows them."""
    ids = frozenset((*own(spec.select, kind, place), *members))
    return Claim(fleet=spec.name, tags=spec.select.tags or {}, ids=ids)


def rivals(resource: Resource, others: Iterable[Claim]) -> tuple[str, ...]:
    """The other fleets that claim it, by name."""
    return tuple(sorted(claim.fleet for claim in others if claim.has(resource)))
