"""Reads target groups, listeners and rules of Application Load Balancers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.kernel.errors import Transient
from signalbox.kernel.events import JsonObject
from signalbox.rollouts import forwarding
from signalbox.rollouts.estate import Rule, TargetGroup

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import TargetGroupTypeDef

COPIED = (
    "Protocol", "ProtocolVersion", "Port", "VpcId", "HealthCheckProtocol", "HealthCheckPort",
    "HealthCheckEnabled", "HealthCheckPath", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher", "TargetType", "IpAddressType",
)  # fmt: skip
_MISSING = frozenset({"TargetGroupNotFound", "RuleNotFound", "ListenerNotFound", "LoadBalancerNotFound"})
# One wrong ARN in a list makes AWS refuse the whole list, sometimes as malformed.
_REFUSED = _MISSING | {"ValidationError"}


def read_target_groups(arns: Sequence[str]) -> dict[str, TargetGroup]:
    """By ARN, without tags and attributes, in one call; what does not exist is left out."""
    return {found["TargetGroupArn"]: _target_group(found) for found in _described(TargetGroupArns=list(arns))}


def read_original(arn: str) -> TargetGroup | None:
    """With the attributes that a copy takes over; None when there is none."""
    found = read_target_groups([arn]).get(arn)
    return replace(found, attributes=_attributes(arn)) if found else None


def read_copy(name: str) -> TargetGroup | None:
    """By the name that its maker gave it, with attributes and tags; None when there is none."""
    for described in _described(Names=[name]):
        found = _target_group(described)
        return replace(found, attributes=_attributes(found.arn), tags=tags_of(found.arn))
    return None


@contextmanager
def while_it_is_there() -> Iterator[None]:
    """Transient when it goes between two looks: the next one sees that it has gone."""
    with aws_errors():
        try:
            yield
        except ClientError as error:
            if code_of(error) in _MISSING:
                raise Transient(f"it went while it was looked at: {error}") from error
            raise


def _attributes(arn: str) -> dict[str, str]:
    with while_it_is_there():
        found = client("elbv2").describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {pair["Key"]: pair["Value"] for pair in found if "Key" in pair and "Value" in pair}


def tags_of(arn: str) -> dict[str, str]:
    """The tags of anything that belongs to load balancing."""
    with while_it_is_there():
        found = client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
    return {tag["Key"]: tag.get("Value", "") for tag in (found[0]["Tags"] if found else [])}


def _described(**wanted: list[str]) -> "list[TargetGroupTypeDef]":
    with aws_errors():
        try:
            return client("elbv2").describe_target_groups(**wanted)["TargetGroups"]  # type: ignore[arg-type]
        except ClientError as error:
            if code_of(error) not in _REFUSED:
                raise
    ((kind, names),) = wanted.items()
    return [] if len(names) == 1 else [found for name in names for found in _described(**{kind: [name]})]


def _target_group(found: "TargetGroupTypeDef") -> TargetGroup:
    settings: Mapping[str, object] = dict(found)
    return TargetGroup(
        name=found["TargetGroupName"],
        arn=found["TargetGroupArn"],
        interval=found.get("HealthCheckIntervalSeconds", 30),
        load_balancers=tuple(found.get("LoadBalancerArns", [])),
        copied={name: settings[name] for name in COPIED if settings.get(name) not in (None, "", {})},
    )


def read_health(target_group: str) -> dict[str, str]:
    """Instance id -> state of each target."""
    with while_it_is_there():
        found = client("elbv2").describe_target_health(TargetGroupArn=target_group)[
            "TargetHealthDescriptions"
        ]
    return {t["Target"]["Id"]: str(t["TargetHealth"]["State"]) for t in found}


def read_rules(references: Sequence[str]) -> tuple[Rule, ...]:
    """Rules and default actions of listeners by ARN, in the order asked; what does not exist is left out."""
    listeners = [arn for arn in references if ":listener/" in arn]
    rules = [arn for arn in references if ":listener/" not in arn]
    found = {rule.arn: rule for rule in (*_listeners(listeners), *_rules(rules))}
    return tuple(found[arn] for arn in references if arn in found)


def _listeners(arns: Sequence[str]) -> list[Rule]:
    if not arns:
        return []
    with aws_errors():
        try:
            found = client("elbv2").describe_listeners(ListenerArns=list(arns))["Listeners"]
        except ClientError as error:
            if code_of(error) in _REFUSED:
                return [] if len(arns) == 1 else [rule for arn in arns for rule in _listeners([arn])]
            raise
    return [Rule(arn=one["ListenerArn"], actions=_actions(one.get("DefaultActions", []))) for one in found]


def _rules(arns: Sequence[str]) -> list[Rule]:
    if not arns:
        return []
    with aws_errors():
        try:
            found = client("elbv2").describe_rules(RuleArns=list(arns))["Rules"]
        except ClientError as error:
            if code_of(error) in _REFUSED:
                return [] if len(arns) == 1 else [rule for arn in arns for rule in _rules([arn])]
            raise
    return [Rule(arn=one["RuleArn"], actions=_actions(one.get("Actions", []))) for one in found]


def _actions(found: Iterable[object]) -> tuple[JsonObject, ...]:
    return tuple(dict(action) for action in found if isinstance(action, dict))


def references_to(target_groups: Iterable[TargetGroup]) -> tuple[Rule, ...]:
    """Every listener default and rule, of the load balancers behind the target groups, that forwards to one
    of them: load balancer -> listeners -> rules."""
    groups = list(target_groups)
    ours = {group.arn for group in groups}
    balancers = dict.fromkeys(arn for group in groups for arn in group.load_balancers)
    found: list[Rule] = []
    with aws_errors():
        for balancer in balancers:
            for page in (
                client("elbv2").get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer)
            ):
                for listener in page["Listeners"]:
                    found.append(
                        Rule(
                            arn=listener["ListenerArn"], actions=_actions(listener.get("DefaultActions", []))
                        )
                    )
                    found += _rules_of(listener["ListenerArn"])
    return tuple(rule for rule in found if ours & set(forwarding.weights(rule.actions)))


def names_of_balancers(target_groups: Iterable[TargetGroup]) -> dict[str, str]:
    """Load balancer ARN -> DNS name, of all behind the target groups."""
    arns = list(dict.fromkeys(arn for group in target_groups for arn in group.load_balancers))
    if not arns:
        return {}
    with aws_errors():
        found = client("elbv2").describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"]
    return {one["LoadBalancerArn"]: one["DNSName"] for one in found}


def _rules_of(listener: str) -> list[Rule]:
    pages = client("elbv2").get_paginator("describe_rules").paginate(ListenerArn=listener)
    return [
        Rule(arn=rule["RuleArn"], actions=_actions(rule.get("Actions", [])))
        for page in pages
        for rule in page["Rules"]
        if not rule.get("IsDefault")
    ]
