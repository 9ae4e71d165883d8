"""Reads Application Load Balancers with all that a copy takes over."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import code_of
from signalbox.aws.routers.alb import tags_of, while_it_is_there
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Balancer, Listener, ListenerRule

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import ListenerTypeDef, LoadBalancerTypeDef, RuleTypeDef

BALANCER = ("SecurityGroups", "Scheme", "Type", "IpAddressType", "CustomerOwnedIpv4Pool", "IpamPools")
LISTENER = ("Protocol", "Port", "SslPolicy", "AlpnPolicy")
MUTUAL = ("Mode", "TrustStoreArn", "IgnoreClientCertificateExpiry", "AdvertiseTrustStoreCaNames")
_MISSING = "LoadBalancerNotFound"
_NO_FIREWALL = frozenset({"WAFNonexistentItemException"})


def read_original(arn: str) -> Balancer | None:
    """With all that belongs to it; None when there is none."""
    return _whole(_described(LoadBalancerArns=[arn]))


def read_copy(name: str, *, whole: bool) -> Balancer | None:
    """By the name that its maker gave it, with its tags; None when there is none. All that belongs to it is
    read only where it may still be incomplete."""
    found = _described(Names=[name])
    if whole or found is None:
        return _whole(found)
    return replace(_balancer(found), tags=tags_of(found["LoadBalancerArn"]))


def _described(**wanted: list[str]) -> "LoadBalancerTypeDef | None":
    with while_it_is_there():
        try:
            found = client("elbv2").describe_load_balancers(**wanted)["LoadBalancers"]  # type: ignore[arg-type]
        except ClientError as error:
            if code_of(error) == _MISSING:
                return None
            raise
    return found[0] if found else None


def _balancer(found: "LoadBalancerTypeDef") -> Balancer:
    settings: Mapping[str, object] = dict(found)
    subnets = [zone["SubnetId"] for zone in found["AvailabilityZones"] if "SubnetId" in zone]
    return Balancer(
        name=found["LoadBalancerName"],
        arn=found["LoadBalancerArn"],
        host=found["DNSName"],
        zone=found.get("CanonicalHostedZoneId", ""),
        kind=found["Type"],
        state=found["State"].get("Code", ""),
        copied={"Subnets": subnets, **_only(BALANCER, settings)},
    )


def _only(names: Sequence[str], found: Mapping[str, object]) -> JsonObject:
    return {name: found[name] for name in names if found.get(name) not in (None, "", [], {})}


def _whole(found: "LoadBalancerTypeDef | None") -> Balancer | None:
    if found is None:
        return None
    arn = found["LoadBalancerArn"]
    with while_it_is_there():
        told = client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        pages = client("elbv2").get_paginator("describe_listeners").paginate(LoadBalancerArn=arn)
        listeners = [_listener(listener) for page in pages for listener in page["Listeners"]]
    return replace(
        _balancer(found),
        tags=tags_of(arn),
        attributes={pair["Key"]: pair["Value"] for pair in told if "Key" in pair and "Value" in pair},
        listeners=tuple(listeners),
    )


def _listener(found: "ListenerTypeDef") -> Listener:
    arn = found["ListenerArn"]
    told = client("elbv2").describe_listener_attributes(ListenerArn=arn)["Attributes"]
    rules = client("elbv2").get_paginator("describe_rules").paginate(ListenerArn=arn)
    default = [one["CertificateArn"] for one in found.get("Certificates", []) if "CertificateArn" in one][:1]
    return Listener(
        arn=arn,
        port=found["Port"],
        copied=_copied(found, default),
        actions=tuple(dict(action) for action in found.get("DefaultActions", [])),
        attributes={pair["Key"]: pair["Value"] for pair in told if "Key" in pair and "Value" in pair},
        certificates=_others(arn, default) if default else (),
        rules=tuple(_rule(rule) for page in rules for rule in page["Rules"] if not rule.get("IsDefault")),
    )


def _copied(found: "ListenerTypeDef", certificates: Sequence[str]) -> JsonObject:
    settings: Mapping[str, object] = dict(found)
    mutual = _only(MUTUAL, dict(found.get("MutualAuthentication", {})))
    return {
        **_only(LISTENER, settings),
        **({"Certificates": [{"CertificateArn": arn} for arn in certificates]} if certificates else {}),
        **({"MutualAuthentication": mutual} if mutual else {}),
    }


def _others(listener: str, default: Sequence[str]) -> tuple[str, ...]:
    """The ARNs of the certificates beside the default one."""
    pages = client("elbv2").get_paginator("describe_listener_certificates").paginate(ListenerArn=listener)
    named = [
        one["CertificateArn"] for page in pages for one in page["Certificates"] if "CertificateArn" in one
    ]
    return tuple(dict.fromkeys(arn for arn in named if arn not in default))


def _rule(found: "RuleTypeDef") -> ListenerRule:
    settings: Mapping[str, object] = dict(found)
    return ListenerRule(
        priority=found["Priority"],
        copied={
            "Conditions": [_condition(dict(condition)) for condition in found["Conditions"]],
            **_only(("Transforms",), settings),
        },
        actions=tuple(dict(action) for action in found["Actions"]),
    )


def _condition(told: JsonObject) -> JsonObject:
    """AWS tells the values of some conditions twice, and takes them once."""
    configured = any(name.endswith("Config") for name in told)
    return {name: value for name, value in told.items() if not (configured and name == "Values")}


def in_front_of(arn: str) -> tuple[str, ...]:
    """The ARNs of the network load balancers that send their traffic to this one, as a target of theirs."""
    elbv2 = client("elbv2")
    with while_it_is_there():
        pages = elbv2.get_paginator("describe_target_groups").paginate()
        groups = [one for page in pages for one in page["TargetGroups"] if one.get("TargetType") == "alb"]
        leading = [one for one in groups if arn in _targets(one["TargetGroupArn"])]
    return tuple(balancer for one in leading for balancer in one.get("LoadBalancerArns", []))


def _targets(target_group: str) -> list[str]:
    found = client("elbv2").describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    return [one["Target"]["Id"] for one in found]


def web_acl_of(arn: str) -> str | None:
    """The name of the firewall before a load balancer; None when there is none."""
    with while_it_is_there():
        try:
            found = client("wafv2").get_web_acl_for_resource(ResourceArn=arn)
        except ClientError as error:
            if code_of(error) in _NO_FIREWALL:
                return None
            raise
    acl = found.get("WebACL")
    return acl["Name"] if acl else None
