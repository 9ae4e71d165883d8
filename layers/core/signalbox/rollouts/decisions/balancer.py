"""A copy of the load balancer for the candidate: made with all that belongs to it, then known by the name."""

from collections.abc import Iterator, Sequence

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.balancer_writes import (
    add_certificates,
    copy_balancer,
    copy_listener,
    copy_rule,
    set_balancer_attributes,
    set_listener_attributes,
)
from signalbox.rollouts.balancers import copied_rules
from signalbox.rollouts.dns import leading_to
from signalbox.rollouts.estate import Balancer, Listener
from signalbox.rollouts.forwarding import led_to
from signalbox.rollouts.routing import add_record
from signalbox.rollouts.scene import Decision, Scene, wait, write
from signalbox.rollouts.writes import Write

LOOK_AGAIN = 15  # seconds; AWS needs two to three minutes, and tells nobody
ACTIVE = "active"


def missing_balancer(scene: Scene) -> Decision | None:
    """The load balancer, its attributes, its listeners, and what hangs on those; None when all is there. The
    record of the name is made last: once it is there, nothing of this is looked at any more."""
    original, copy, target_group = scene.estate.balancer, scene.estate.candidate_balancer, _side(scene)
    if original is None or target_group is None:
        return None
    if copy is None:
        name = scene.layout.candidate_balancer
        return write("a load balancer for the candidate", copy_balancer(original, name, scene.rollout_id))
    attributes = taken_over(original)
    if any(copy.attributes.get(key) != value for key, value in attributes.items()):
        return write("its attributes", set_balancer_attributes(copy.arn, attributes))
    made = {listener.port: listener for listener in copy.listeners}
    listeners = [
        copy_listener(one, copy.arn, led_to(one.actions, target_group), scene.rollout_id)
        for one in original.listeners
        if one.port not in made
    ]
    if listeners:
        return write("its listeners", *listeners)
    rest = [
        missing
        for one in original.listeners
        for missing in _hanging(one, made[one.port], target_group, scene.layout.references)
    ]
    return write("what belongs to its listeners", *rest) if rest else None


def taken_over(original: Balancer) -> dict[str, str]:
    """The attributes of a copy: it must not be protected from the deletion that it is made for."""
    protected = {"deletion_protection.enabled": "false"} if original.attributes else {}
    return {**original.attributes, **protected}


def _hanging(
    original: Listener, copy: Listener, target_group: str, references: Sequence[str]
) -> Iterator[Write]:
    if any(copy.attributes.get(key) != value for key, value in original.attributes.items()):
        yield set_listener_attributes(copy.arn, original.attributes)
    certificates = [arn for arn in original.certificates if arn not in copy.certificates]
    if certificates:
        yield add_certificates(copy.arn, certificates)
    there = {rule.priority for rule in copy.rules}
    for rule in copied_rules(original, references):
        if rule.priority not in there:
            yield copy_rule(rule, copy.arn, led_to(rule.actions, target_group))


def _side(scene: Scene) -> str | None:
    return scene.candidate_target_group if scene.layout.candidate_balancer else None


def reachable(scene: Scene, capacity: Decision) -> Decision:
    """Once the candidate's capacity is there: its load balancer works, and the name knows it at weight 0."""
    copy, side = scene.estate.candidate_balancer, _side(scene)
    if not capacity.settled or copy is None or side is None:
        return capacity
    missing = [rule for rule in scene.estate.rules if side not in rule.records]
    if not missing:
        return capacity
    if copy.state != ACTIVE:
        return wait(f"the load balancer {copy.name} is {copy.state}", LOOK_AGAIN)
    identifier = scene.layout.candidate_target_group
    records = [add_record(rule, _record(scene, rule.arn, identifier, copy)) for rule in missing]
    return write("the candidate's record of the name, with weight 0", *records)


def _record(scene: Scene, reference: str, identifier: str, copy: Balancer) -> JsonObject:
    original = scene.snapshot.rule(reference).records[scene.layout.stable_target_group]
    return leading_to(original, identifier, host=copy.host, zone=copy.zone)
