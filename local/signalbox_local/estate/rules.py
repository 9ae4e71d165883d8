"""Listener rules of moto as the data plane follows them."""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeListener, FakeListenerRule, FakeRule

from signalbox_local.plane.topology import Action, Condition, FixedResponse, Forward, Redirect, RuleSpec

# The configuration of a condition, beside the short form `Values` that some fields have.
_CONFIGS = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def rules_of(listener: FakeListener, backend: ELBv2Backend) -> tuple[RuleSpec, ...]:
    """In order of priority, the default rule last."""
    own = [rule for rule in listener.rules.values() if not rule.is_default]
    default = [rule for rule in listener.rules.values() if rule.is_default]
    ordered = [*sorted(own, key=lambda rule: int(rule.priority)), *default]
    return tuple(_rule(rule, backend) for rule in ordered)


def forwarded_to(listener: FakeListener) -> Iterator[str]:
    """The target groups that any of the rules forwards to."""
    for rule in listener.rules.values():
        for action in rule.actions:
            yield from _weights(action.data)


def _rule(rule: FakeRule | FakeListenerRule, backend: ELBv2Backend) -> RuleSpec:
    actions = [_action(action.data, backend) for action in rule.actions]
    return RuleSpec(
        arn=rule.arn,
        conditions=tuple(map(_condition, rule.conditions or ())),
        actions=tuple(action for action in actions if action),
    )


def _condition(given: Mapping[str, Any]) -> Condition:
    field = given["Field"]
    config = given.get(_CONFIGS[field]) or {}
    values = [_value(each) for each in config.get("Values") or given.get("Values") or ()]
    return Condition(field=field, values=tuple(values), header_name=config.get("HttpHeaderName"))


def _value(given: Any) -> str:
    if isinstance(given, Mapping):
        return f"{given.get('Key', '')}={given['Value']}"
    return str(given)


def _action(data: Mapping[str, Any], backend: ELBv2Backend) -> Action | None:
    """None for authentication, which nobody does here."""
    match data.get("Type"):
        case "forward":
            return Action(forward=_forward(data, backend))
        case "fixed-response":
            return Action(fixed_response=_fixed_response(data["FixedResponseConfig"]))
        case "redirect":
            return Action(redirect=_redirect(data["RedirectConfig"]))
    return None


def _forward(data: Mapping[str, Any], backend: ELBv2Backend) -> Forward:
    weights = {arn: weight for arn, weight in _weights(data).items() if arn in backend.target_groups}
    sticky = data.get("ForwardConfig", {}).get("TargetGroupStickinessConfig") or {}
    enabled = str(sticky.get("Enabled")).lower() == "true"
    return Forward(weights=weights, stickiness=float(sticky.get("DurationSeconds") or 1) if enabled else None)


def _weights(data: Mapping[str, Any]) -> dict[str, int]:
    groups = data.get("ForwardConfig", {}).get("TargetGroups")
    if groups:
        return {group["TargetGroupArn"]: int(group.get("Weight", 1)) for group in groups}
    return {data["TargetGroupArn"]: 1} if "TargetGroupArn" in data else {}


def _fixed_response(config: Mapping[str, Any]) -> FixedResponse:
    return FixedResponse(
        status=int(config["StatusCode"]),
        content_type=config.get("ContentType") or "text/plain",
        body=config.get("MessageBody") or "",
    )


def _redirect(config: Mapping[str, Any]) -> Redirect:
    parts = ("Protocol", "Host", "Port", "Path", "Query")
    given = {name.lower(): str(config[name]) for name in parts if config.get(name)}
    return Redirect(status=int(str(config["StatusCode"]).removeprefix("HTTP_")), **given)
