"""What Elastic Load Balancing refuses of listeners and rules, and the form in which it gives actions back."""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.elbv2.exceptions import ELBClientError, RuleNotFoundError, ValidationError
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListener, FakeRule, FakeTargetGroup

HIGHEST_WEIGHT = 999
WEB = {"HTTP", "HTTPS"}


def serves_web(group: FakeTargetGroup) -> bool:
    """Whether its targets are instances behind an application load balancer."""
    return group.target_type == "instance" and group.protocol in WEB


def complete_forward(data: dict[str, Any]) -> None:
    """A forward to one target group always shows both its short and its long form, as on AWS."""
    if data.get("Type") != "forward":
        return
    if "ForwardConfig" not in data and "TargetGroupArn" in data:
        data["ForwardConfig"] = {"TargetGroups": [{"TargetGroupArn": data["TargetGroupArn"], "Weight": 1}]}
    groups = data.get("ForwardConfig", {}).get("TargetGroups", [])
    if len(groups) == 1:
        data.setdefault("TargetGroupArn", groups[0]["TargetGroupArn"])


def check_weights(actions: Iterable[FakeAction]) -> None:
    """Raises what AWS answers to a forward whose weights or groups it does not take."""
    for action in actions:
        groups = action.data.get("ForwardConfig", {}).get("TargetGroups", [])
        named = action.data.get("TargetGroupArn")
        if named and any(group["TargetGroupArn"] != named for group in groups):
            raise ELBClientError(
                "InvalidLoadBalancerAction", "TargetGroupArn and ForwardConfig name different target groups"
            )
        for group in groups:
            _check_weight(int(group.get("Weight", 1)))


def _check_weight(weight: int) -> None:
    if not 0 <= weight <= HIGHEST_WEIGHT:
        raise ValidationError(f"Weight '{weight}' must be between 0 and {HIGHEST_WEIGHT}")


def check_not_default(backend: ELBv2Backend, rule_arn: str) -> None:
    """Raises OperationNotPermitted for the default rule of a listener; ModifyListener changes that one."""
    try:
        rules: list[FakeRule] = backend.describe_rules(listener_arn=None, rule_arns=[rule_arn])
    except RuleNotFoundError:
        return
    if any(rule.is_default for rule in rules):
        raise ELBClientError("OperationNotPermitted", f"Default rule '{rule_arn}' cannot be modified")


def load_balancers_of(backend: ELBv2Backend, target_group_arn: str) -> list[str]:
    """The load balancers whose listeners or rules forward to a target group now."""
    return [
        balancer.arn
        for balancer in list(backend.load_balancers.values())
        if any(target_group_arn in _forwards(backend, listener) for listener in balancer.listeners.values())
    ]


def is_forwarded_to(backend: ELBv2Backend, target_group_arn: str) -> bool:
    """Whether any listener or rule forwards to a target group now."""
    return any(target_group_arn in _forwards(backend, each) for each in _listeners(backend))


def forwarded_to_in(backend: ELBv2Backend) -> set[str]:
    """The target groups that any listener or rule forwards to now."""
    return {arn for listener in _listeners(backend) for arn in _forwards(backend, listener)}


def _listeners(backend: ELBv2Backend) -> Iterator[FakeListener]:
    for balancer in backend.load_balancers.values():
        yield from balancer.listeners.values()


def _forwards(backend: ELBv2Backend, listener: FakeListener) -> Iterator[str]:
    # `listener.rules` makes a dictionary of both with each question.
    for rules in (listener._non_default_rules, listener._default_rule):
        for rule in rules.values():
            for action in rule.actions:
                yield from backend._get_target_group_arns_from(action.data)
