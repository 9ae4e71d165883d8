"""Whose a resource is: what a selection says of it. Pure."""

from collections.abc import Mapping

from signalbox.fleets.model import Place, Resource
from signalbox.fleets.spec import FleetSpec, Select


def selects(select: Select, resource: Resource, place: Place, home: Place) -> bool:
    """Whether the fleet has this resource, as far as kind, place, tags and names tell: what a resource group
    has, only AWS knows."""
    if resource.kind not in select.kinds or not _covers(select, place, home):
        return False
    if select.resources and any(_names(text, resource.id) for text in select.resources):
        return True
    tags = select.tags or {}
    return bool(tags) and all(resource.tags.get(name) in values for name, values in tags.items())


def _covers(select: Select, place: Place, home: Place) -> bool:
    if place.region not in (select.regions or (home.region,)):
        return False
    roles = {account.role_arn for account in select.accounts or ()}
    return place.role_arn in roles if roles else not place.role_arn


def _names(text: str, id_: str) -> bool:
    return text == id_ or (text.startswith("arn:") and text.endswith(("/" + id_, ":" + id_)))


def rivals(
    resource: Resource, place: Place, home: Place, fleet: str, others: Mapping[str, FleetSpec]
) -> tuple[str, ...]:
    """The other fleets that claim it, by name. One that only observes claims nothing."""
    return tuple(
        sorted(
            name
            for name, spec in others.items()
            if name != fleet and spec.mode != "observe" and selects(spec.select, resource, place, home)
        )
    )
