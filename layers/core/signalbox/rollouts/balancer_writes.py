"""The writes that make a copy of a load balancer, and the one that removes it, in AWS's own words."""

from collections.abc import Mapping, Sequence

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Balancer, Listener, ListenerRule
from signalbox.rollouts.writes import CREATED_BY, MANAGED, Write


def _elb(operation: str, resource: str, **parameters: object) -> Write:
    return Write(service="elbv2", operation=operation, resource=resource, parameters=dict(parameters))


def _tags(tags: Mapping[str, str], rollout_id: str) -> list[JsonObject]:
    kept = {key: value for key, value in tags.items() if not key.startswith("aws:")}
    return [
        {"Key": key, "Value": value}
        for key, value in {**kept, MANAGED: "true", CREATED_BY: rollout_id}.items()
    ]


def _pairs(attributes: Mapping[str, str]) -> list[JsonObject]:
    return [{"Key": key, "Value": value} for key, value in sorted(attributes.items())]


def copy_balancer(balancer: Balancer, name: str, rollout_id: str) -> Write:
    """In the same subnets and security groups, under another name, with the tags of its owner."""
    tags = _tags(balancer.tags, rollout_id)
    return _elb("CreateLoadBalancer", name, Name=name, **balancer.copied, Tags=tags)


def set_balancer_attributes(arn: str, attributes: Mapping[str, str]) -> Write:
    """Timeouts, access logs and the like."""
    parameters = {"LoadBalancerArn": arn, "Attributes": _pairs(attributes)}
    return _elb("ModifyLoadBalancerAttributes", arn, **parameters)


def copy_listener(listener: Listener, balancer: str, actions: Sequence[JsonObject], rollout_id: str) -> Write:
    """The same port, protocol, default certificate and policy on another load balancer."""
    return _elb(
        "CreateListener",
        balancer,
        LoadBalancerArn=balancer,
        **listener.copied,
        DefaultActions=list(actions),
        Tags=_tags({}, rollout_id),
    )


def set_listener_attributes(arn: str, attributes: Mapping[str, str]) -> Write:
    """Headers that it adds, renames or takes out."""
    return _elb("ModifyListenerAttributes", arn, ListenerArn=arn, Attributes=_pairs(attributes))


def add_certificates(listener: str, certificates: Sequence[str]) -> Write:
    """For the names beside that of the default certificate."""
    named = [{"CertificateArn": arn} for arn in certificates]
    return _elb("AddListenerCertificates", listener, ListenerArn=listener, Certificates=named)


def copy_rule(rule: ListenerRule, listener: str, actions: Sequence[JsonObject]) -> Write:
    """The same conditions at the same place on another listener."""
    return _elb(
        "CreateRule",
        listener,
        ListenerArn=listener,
        Priority=int(rule.priority),
        **rule.copied,
        Actions=list(actions),
    )


def delete_balancer(arn: str) -> Write:
    """Only ever for a load balancer that Signalbox made; its listeners and rules go with it."""
    return _elb("DeleteLoadBalancer", arn, LoadBalancerArn=arn)
