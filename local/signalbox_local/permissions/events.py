"""EventBridge: rules carry the name of their bus, unless it is the default one."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_ON_A_BUS = {"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"}
_ON_NOTHING = {"ListRules", "ListRuleNamesByTarget", "ListEventBuses", "PutPermission", "RemovePermission"}
_ON_A_RULE = {
    "DeleteRule",
    "DescribeRule",
    "DisableRule",
    "EnableRule",
    "ListTargetsByRule",
    "PutRule",
    "PutTargets",
    "RemoveTargets",
}


def permissions(asked: Asked) -> Iterable[Permission]:
    """Events are put on the bus that each entry names."""
    if asked.operation == "PutEvents":
        entries = asked.structures("Entries")
        return asked.needs(*(_bus(asked, entry.get("EventBusName")) for entry in entries))
    if asked.operation in _ON_A_RULE:
        return _on_rule(asked)
    if asked.operation in _ON_A_BUS:
        return asked.needs(_bus(asked, asked.text("Name")))
    return asked.needs() if asked.operation in _ON_NOTHING else asked.on_named_arns()


def _on_rule(asked: Asked) -> Iterable[Permission]:
    rule = asked.text("Rule", "Name") or "*"
    bus = (asked.text("EventBusName") or "default").rpartition("/")[2]
    resource = asked.arn(f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}")
    tagging = asked.needs(resource, action="TagResource") if asked.structures("Tags") else ()
    return (*asked.needs(resource), *tagging)


def _bus(asked: Asked, name: str | None) -> str:
    return asked.arn(name if name and name.startswith("arn:") else f"event-bus/{name or 'default'}")
