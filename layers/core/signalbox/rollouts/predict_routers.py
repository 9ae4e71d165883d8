"""What AWS would answer after a write to a name, or to a load balancer made for the candidate. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.dns import name_of, rule_of
from signalbox.rollouts.estate import Balancer, Estate, Listener, ListenerRule
from signalbox.rollouts.writes import Write

BALANCER = "{candidate.load_balancer}"


def balancer_made(estate: Estate, write: Write) -> Estate:
    """Without attributes and listeners; those of the original are not looked at by name."""
    made = Balancer(
        name=write.resource,
        arn=BALANCER,
        host=BALANCER,
        zone="{candidate.hosted_zone}",
        tags=_pairs(write, "Tags"),
    )
    return replace(estate, candidate_balancer=made)


def balancer_set(estate: Estate, write: Write) -> Estate:
    """With those attributes."""
    copy = estate.candidate_balancer
    attributes = _pairs(write, "Attributes")
    return replace(estate, candidate_balancer=replace(copy, attributes=attributes) if copy else None)


def balancer_gone(estate: Estate, write: Write) -> Estate:
    """Its target group is free."""
    group = estate.candidate_target_group
    free = replace(group, load_balancers=()) if group else None
    return replace(estate, candidate_balancer=None, candidate_target_group=free)


def listener_made(estate: Estate, write: Write) -> Estate:
    """What it forwards to is behind the load balancer from now on."""
    port, actions = write.parameters["Port"], write.parameters["DefaultActions"]
    assert isinstance(port, int)
    assert isinstance(actions, list)
    arn = f"{{candidate.listener.{port}}}"
    made = Listener(arn=arn, port=port, copied={}, actions=tuple(actions))
    copy, group = estate.candidate_balancer, estate.candidate_target_group
    if copy is None:
        return estate
    behind = replace(group, load_balancers=(copy.arn,)) if group else None
    return replace(
        estate,
        candidate_balancer=replace(copy, listeners=(*copy.listeners, made)),
        candidate_target_group=behind,
    )


def listener_set(estate: Estate, write: Write) -> Estate:
    """With those attributes."""
    return _with_listener(estate, write, attributes=_pairs(write, "Attributes"))


def certificates_added(estate: Estate, write: Write) -> Estate:
    """With those certificates."""
    named = write.parameters["Certificates"]
    assert isinstance(named, list)
    return _with_listener(estate, write, certificates=tuple(one["CertificateArn"] for one in named))


def rule_made(estate: Estate, write: Write) -> Estate:
    """With that rule."""
    actions = write.parameters["Actions"]
    assert isinstance(actions, list)
    rule = ListenerRule(priority=str(write.parameters["Priority"]), copied={}, actions=tuple(actions))
    return _with_listener(estate, write, rules=(rule,))


def weighed(estate: Estate, write: Write) -> Estate:
    """The records of a name as the change says; one that nobody knew is the candidate's."""
    batch = write.parameters["ChangeBatch"]
    assert isinstance(batch, dict)
    before = next((rule for rule in estate.rules if rule.arn == write.resource), None)
    if before is None:
        return estate
    sides = {str(record["SetIdentifier"]): side for side, record in before.records.items()}
    sets = {str(record["SetIdentifier"]): record for record in before.records.values()}
    for change in batch["Changes"]:
        record = change["ResourceRecordSet"]
        sets[str(record["SetIdentifier"])] = record
        if change["Action"] == "DELETE":
            del sets[str(record["SetIdentifier"])]
    copy = estate.candidate_target_group
    made = {copy.name: copy.arn} if copy else {}
    after = rule_of(name_of(before.arn), sets.values(), {**made, **sides})
    return replace(estate, rules=tuple(after if rule is before else rule for rule in estate.rules))


def _with_listener(estate: Estate, write: Write, **more: Mapping[str, str] | tuple[object, ...]) -> Estate:
    """The listener that the write names, with more than it had."""
    copy = estate.candidate_balancer
    if copy is None:
        return estate
    listeners = tuple(_more(one, more) if one.arn == write.resource else one for one in copy.listeners)
    return replace(estate, candidate_balancer=replace(copy, listeners=listeners))


def _more(listener: Listener, more: Mapping[str, Mapping[str, str] | tuple[object, ...]]) -> Listener:
    grown = {
        name: value if isinstance(value, Mapping) else (*getattr(listener, name), *value)
        for name, value in more.items()
    }
    return replace(listener, **grown)  # type: ignore[arg-type]


def _pairs(write: Write, key: str) -> dict[str, str]:
    listed: list[JsonObject] = write.parameters[key]  # type: ignore[assignment]
    return {str(pair["Key"]): str(pair["Value"]) for pair in listed}
