"""What EventBridge and its Scheduler say, as commands."""

from collections.abc import Mapping
from typing import TypeVar

from signalbox.fleets.commands.enforce import Switched
from signalbox.fleets.commands.mind_tag import TagChanged
from signalbox.fleets.model import Kind, Power
from signalbox.fleets.named import id_in
from signalbox.kernel.events import JsonObject

T = TypeVar("T")
POWER = {"running": Power.RUNNING, "stopped": Power.STOPPED}
SOURCES = {"DB_INSTANCE": Kind.RDS, "CLUSTER": Kind.CLUSTER}
# RDS tells of a start and of a stop; two say that AWS itself starts what has stood still for seven days.
BY_AWS = frozenset({"RDS-EVENT-0154", "RDS-EVENT-0153"})
DATABASES = {
    "RDS-EVENT-0088": Power.RUNNING,  # DB instance started
    "RDS-EVENT-0087": Power.STOPPED,  # DB instance stopped
    "RDS-EVENT-0154": Power.RUNNING,  # DB instance is being started, it was stopped for too long
    "RDS-EVENT-0151": Power.RUNNING,  # DB cluster started
    "RDS-EVENT-0150": Power.STOPPED,  # DB cluster stopped
    "RDS-EVENT-0153": Power.RUNNING,  # DB cluster is being started, it was stopped for too long
}


def fleet_due(event: JsonObject) -> str:
    """The fleet's name, from its schedule or from what happened to it. Raises ValueError."""
    detail = event.get("detail")
    name = detail.get("fleet") if isinstance(detail, dict) else event.get("fleet")
    if not isinstance(name, str) or not name:
        raise ValueError("`fleet` must be a name")
    return name


def hourly(event: JsonObject) -> str:
    """The moment, for the log."""
    return str(event.get("time", ""))


def power_changed(event: JsonObject) -> Switched:
    """`EC2 Instance State-change Notification`, `RDS DB Instance Event` and `RDS DB Cluster Event`. Raises
    ValueError."""
    detail = event.get("detail")
    if not isinstance(detail, dict):
        raise ValueError("`detail` must be an object")
    region, account = str(event.get("region", "")), str(event.get("account", ""))
    if event.get("source") == "aws.ec2":
        return Switched(
            kind=Kind.EC2,
            id=_text(detail, "instance-id"),
            power=_one_of(POWER, _text(detail, "state")),
            region=region,
            account=account,
        )
    told = _text(detail, "EventID")
    return Switched(
        kind=_one_of(SOURCES, _text(detail, "SourceType")),
        id=_text(detail, "SourceIdentifier"),
        power=_one_of(DATABASES, told),
        region=region,
        account=account,
        by_aws=told in BY_AWS,
    )


def power_told(event: JsonObject) -> Switched | TagChanged:
    """What may concern the power of a resource. Raises ValueError."""
    return tag_changed(event) if event.get("source") == "aws.tag" else power_changed(event)


def tag_changed(event: JsonObject) -> TagChanged:
    """`Tag Change on Resource`. Nothing of what it says of tags is taken. Raises ValueError."""
    arns = event.get("resources")
    if not isinstance(arns, list) or len(arns) != 1 or not isinstance(arns[0], str):
        raise ValueError("`resources` must be the ARN of one resource")
    found = ((kind, id_in(arns[0], kind)) for kind in Kind)
    kind, id_ = next(((kind, id_) for kind, id_ in found if id_), (None, arns[0]))
    region, account = str(event.get("region", "")), str(event.get("account", ""))
    return TagChanged(kind=kind, id=id_, region=region, account=account)


def _text(detail: JsonObject, name: str) -> str:
    value = detail.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"`detail.{name}` must be text")
    return value


def _one_of(known: Mapping[str, T], name: str) -> T:
    if name not in known:
        raise ValueError(f"{name} is none of {', '.join(known)}")
    return known[name]
