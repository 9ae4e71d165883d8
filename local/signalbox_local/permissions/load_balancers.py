"""Elastic Load Balancing v2: listeners, rules, target groups, load balancers, and tags given at creation."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import ANYTHING, Asked

_KINDS = {"application": "app", "gateway": "gwy", "network": "net"}
# What load balancing asks EC2 on behalf of the caller, by AWS's documentation.
_BEHIND = {
    "CreateLoadBalancer": (
        "DescribeAccountAttributes",
        "DescribeAddresses",
        "DescribeInternetGateways",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
    ),
    "CreateTargetGroup": ("DescribeInternetGateways", "DescribeVpcs"),
}


def permissions(asked: Asked) -> Iterable[Permission]:
    """Reading names nothing; tags at creation need `AddTags` on what is created."""
    if asked.operation.startswith("Describe"):
        return asked.needs()
    tags = _tagging(asked) if asked.structures("Tags") and asked.operation != "AddTags" else ()
    behind = (Permission(f"ec2:{action}", ANYTHING) for action in _BEHIND.get(asked.operation, ()))
    return (*_own(asked), *tags, *behind)


def _own(asked: Asked) -> tuple[Permission, ...]:
    if asked.operation == "SetRulePriorities":
        return asked.needs(*(str(rule.get("RuleArn")) for rule in asked.structures("RulePriorities")))
    if asked.operation in {"CreateTargetGroup", "CreateLoadBalancer"}:
        return asked.needs(_created(asked))
    subject = asked.text("RuleArn", "ListenerArn", "TargetGroupArn", "LoadBalancerArn")
    return asked.needs(subject) if subject else asked.on_named_arns()


def _tagging(asked: Asked) -> tuple[Permission, ...]:
    return asked.needs(_created(asked), action="AddTags")


def _created(asked: Asked) -> str:
    """The ARN of what will be created, with `*` for the ids that AWS has not given yet."""
    name = asked.text("Name")
    if asked.operation == "CreateTargetGroup":
        return asked.arn(f"targetgroup/{name}/*")
    if asked.operation == "CreateLoadBalancer":
        return asked.arn(f"loadbalancer/{_KINDS.get(asked.text('Type') or '', 'app')}/{name}/*")
    parent = asked.text("ListenerArn", "LoadBalancerArn") or ""
    kind = "listener-rule" if asked.operation == "CreateRule" else "listener"
    return parent.replace(":listener/", f":{kind}/").replace(":loadbalancer/", f":{kind}/") + "/*"
