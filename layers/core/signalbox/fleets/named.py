"""Which kind a named resource is of: by its ARN, by the shape of its id, or as it says (`rds:orders`)."""

import re
from collections.abc import Collection, Sequence

from signalbox.fleets.model import Kind, Place
from signalbox.fleets.spec import Select

# Service, and the resource part of the ARN with the id that the service itself uses.
_ARNS = {
    Kind.EC2: ("ec2", re.compile(r"instance/(i-[0-9a-f]+)")),
    Kind.AUTOSCALING: ("autoscaling", re.compile(r"autoScalingGroup:[^:]*:autoScalingGroupName/(.+)")),
    Kind.RDS: ("rds", re.compile(r"db:([^:]+)")),
    Kind.CLUSTER: ("rds", re.compile(r"cluster:([^:]+)")),
    Kind.ECS: ("ecs", re.compile(r"service/([^/]+/[^/]+)")),
    Kind.BEANSTALK: ("elasticbeanstalk", re.compile(r"environment/[^/]+/([^/]+)")),
    Kind.WORKSPACES: ("workspaces", re.compile(r"workspace/(ws-[0-9a-z]+)")),
    Kind.APPSTREAM: ("appstream", re.compile(r"fleet/([^/]+)")),
}
# Of kinds whose ids no other kind's could be; the others go by plain names.
_SHAPES = {
    Kind.EC2: re.compile(r"i-[0-9a-f]{8,17}"),
    Kind.ECS: re.compile(r"[^:/]+/[^:/]+"),
    Kind.WORKSPACES: re.compile(r"ws-[0-9a-z]{8,63}"),
}
_ARN_PARTS = 6


def id_in(arn: str, kind: Kind) -> str | None:
    """What the kind's service calls the resource of an ARN; None when it is of another kind."""
    parts = arn.split(":", _ARN_PARTS - 1)
    service, shape = _ARNS[kind]
    if len(parts) < _ARN_PARTS or parts[0] != "arn" or parts[2] != service:
        return None
    found = shape.fullmatch(parts[-1])
    return found[1] if found else None


def own(select: Select, kind: Kind, place: Place) -> tuple[str, ...]:
    """The ids of the named resources that are of the kind and may be at the place, each once. An ARN says
    where it is; an id without one is looked for in all places of the fleet."""
    named = (select.resources or ()) if kind in select.kinds else ()
    ids = [_id(name, kind, select.kinds) for name in named if _may_be_at(name, place)]
    return tuple(dict.fromkeys(each for each in ids if each))


def unclear(select: Select) -> tuple[str, ...]:
    """Named resources that none of the fleet's kinds takes for its own, or of which the kind is not clear:
    `orders` may be a database as well as a group. `rds:orders` or the ARN would say it."""
    named = select.resources or ()
    return tuple(name for name in named if not any(_id(name, kind, select.kinds) for kind in select.kinds))


def _id(name: str, kind: Kind, kinds: Sequence[Kind]) -> str | None:
    if name.startswith("arn:"):
        return id_in(name, kind)
    said, colon, rest = name.partition(":")
    if colon:
        return _spelt(rest, kind) if said == kind.value else None
    if any(shape.fullmatch(name) for shape in _SHAPES.values()):
        shape = _SHAPES.get(kind)
        return name if shape and shape.fullmatch(name) else None
    return _spelt(name, kind) if _by_plain_name(kinds) == {kind} else None


def _spelt(name: str, kind: Kind) -> str:
    """RDS stores identifiers in lower case."""
    return name.lower() if kind in {Kind.RDS, Kind.CLUSTER} else name


def _by_plain_name(kinds: Collection[Kind]) -> set[Kind]:
    return {kind for kind in kinds if kind not in _SHAPES}


def _may_be_at(name: str, place: Place) -> bool:
    parts = name.split(":", _ARN_PARTS - 1)
    if parts[0] != "arn" or len(parts) < _ARN_PARTS:
        return True
    return (parts[3], parts[4]) == (place.region, place.account)
