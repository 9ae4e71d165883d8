"""The write that divides traffic: of a rule, of a listener by default, or of a DNS name."""

from collections.abc import Mapping, Sequence

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.dns import is_dns, name_of
from signalbox.rollouts.estate import Rule
from signalbox.rollouts.forwarding import WHOLE, candidate_share, weights
from signalbox.rollouts.writes import Write


def forward(rule: Rule, actions: Sequence[JsonObject]) -> Write:
    """The actions of a rule, or of a listener by default; of a DNS name the shares that they tell."""
    if is_dns(rule.arn):
        return _weigh(rule, weights(actions))
    again = [_with_secret(action) for action in actions]
    if rule.is_listener:
        return _elb("ModifyListener", rule.arn, {"ListenerArn": rule.arn, "DefaultActions": again})
    return _elb("ModifyRule", rule.arn, {"RuleArn": rule.arn, "Actions": again})


def share_of(rule: Rule, stable: str, candidate: str | None) -> float:
    """The candidate's part of what the pair gets, in percent. Route 53 splits equally where all weights are
    0."""
    present = weights(rule.actions)
    if is_dns(rule.arn) and candidate in present and not any(present.values()):
        return WHOLE / len(present)
    return candidate_share(rule.actions, stable, candidate)


def add_record(rule: Rule, record: JsonObject) -> Write:
    """One more record of a DNS name."""
    return _change(rule, [{"Action": "UPSERT", "ResourceRecordSet": record}])


def remove_record(rule: Rule, record: JsonObject) -> Write:
    """Only ever for a record that Signalbox made and that has no weight: Route 53 removes it if it is exactly
    so."""
    return _change(rule, [{"Action": "DELETE", "ResourceRecordSet": record}])


def weighs(write: Write) -> bool:
    """Whether clients may follow the write: from then on weights are on their way."""
    batch = write.parameters.get("ChangeBatch")
    changes = batch["Changes"] if isinstance(batch, dict) else []
    return any(change["Action"] == "UPSERT" for change in changes)


def _elb(operation: str, resource: str, parameters: JsonObject) -> Write:
    return Write(service="elbv2", operation=operation, resource=resource, parameters=parameters)


def _with_secret(action: JsonObject) -> JsonObject:
    """AWS does not tell the secret of an OIDC action: without it, it must be told to keep the one it has."""
    config = action.get("AuthenticateOidcConfig")
    if not isinstance(config, dict):
        return action
    return {**action, "AuthenticateOidcConfig": {**config, "UseExistingClientSecret": True}}


def _weigh(rule: Rule, shares: Mapping[str, int]) -> Write:
    """All weights of a name in one change; all else of its records stays as it is."""
    changes: list[JsonObject] = [
        {"Action": "UPSERT", "ResourceRecordSet": {**record, "Weight": shares[side]}}
        for side, record in rule.records.items()
        if side in shares
    ]
    return _change(rule, changes)


def _change(rule: Rule, changes: Sequence[JsonObject]) -> Write:
    return Write(
        service="route53",
        operation="ChangeResourceRecordSets",
        resource=rule.arn,
        parameters={"HostedZoneId": name_of(rule.arn).zone, "ChangeBatch": {"Changes": list(changes)}},
    )
