"""Provision: candidate capacity of a wanted size, on the wanted version, healthy where it will serve."""

from signalbox.rollouts import forwarding
from signalbox.rollouts.decisions.balancer import missing_balancer, reachable
from signalbox.rollouts.decisions.pools import launching
from signalbox.rollouts.decisions.versions import missing_version
from signalbox.rollouts.estate import Group, Placement
from signalbox.rollouts.guards import missing_copies
from signalbox.rollouts.model import Step
from signalbox.rollouts.routing import forward
from signalbox.rollouts.scene import (
    LONGEST_WAIT,
    Decision,
    Scene,
    part,
    pinned,
    settled,
    until_healthy,
    write,
)
from signalbox.rollouts.writes import (
    Write,
    copy_group,
    copy_target_group,
    set_target_group_attributes,
    terminate,
)


def wanted_size(step: Step, stable_desired: int) -> int:
    """Instances that a provision step asks for: a count, or percent of stable's desired size, rounded up."""
    return step.count if step.count is not None else part(step.percent or 0, stable_desired)


def decide_provision(scene: Scene, step: Step) -> Decision:
    """Version, target group, load balancer or attachment at weight 0, alarm copies, group and size; then
    health, and last the name."""
    size = wanted_size(step, max(scene.estate.stable.desired, scene.snapshot.stable.desired))
    return (
        missing_version(scene)
        or _missing_target_group(scene)
        or missing_balancer(scene)
        or _missing_attachment(scene)
        or _missing_alarm_copies(scene)
        or reachable(scene, decide_size(scene, size))
    )


def _missing_target_group(scene: Scene) -> Decision | None:
    if scene.layout.placement is not Placement.COPY:
        return None
    stable, copy = scene.estate.stable_target_group, scene.estate.candidate_target_group
    name = scene.layout.candidate_target_group
    if copy is None:
        return write("a target group for the candidate", copy_target_group(stable, name, scene.rollout_id))
    if dict(copy.attributes) != dict(stable.attributes):
        return write("its attributes", set_target_group_attributes(copy.arn, stable.attributes))
    return None


def _missing_attachment(scene: Scene) -> Decision | None:
    candidate = scene.candidate_target_group
    if candidate is None or scene.layout.candidate_balancer:
        return None
    writes = [
        forward(rule, forwarding.attached(rule.actions, candidate))
        for rule in scene.estate.rules
        if candidate not in forwarding.weights(rule.actions)
    ]
    return write("the candidate at weight 0, so that its health is checked", *writes) if writes else None


def _missing_alarm_copies(scene: Scene) -> Decision | None:
    writes = missing_copies(scene)
    return write("alarms that see the candidate", *writes) if writes else None


def decide_size(scene: Scene, size: int) -> Decision:
    """The candidate group at that size, with nothing but the candidate's version in it, all of it healthy."""
    version = str(scene.candidate_version)
    candidate = scene.estate.candidate
    pin = pinned(scene)
    if candidate is None:
        creation = copy_group(
            scene.estate.stable,
            name=scene.layout.candidate_group,
            target_group=_serves(scene),
            version=version,
            size=size,
            rollout_id=scene.rollout_id,
            hooks=scene.snapshot.stable.carried.hooks,
        )
        return write(f"a group of {size} for the candidate", *([pin] if pin else []), creation)
    correction = _sized(scene, candidate, version, size)
    if pin or correction:
        return write(f"{size} candidate instances", *([pin] if pin else []), *correction)
    strangers = [i.id for i in candidate.present if i.version != version]
    if strangers:
        return write("another version gives way", *[terminate(candidate.name, i) for i in strangers])
    return _healthy(scene, candidate, size)


def _serves(scene: Scene) -> str:
    return scene.candidate_target_group or scene.layout.stable_target_group


def _sized(scene: Scene, candidate: Group, version: str, size: int) -> tuple[Write, ...]:
    before = scene.snapshot.candidate
    most = max(size, candidate.max, scene.snapshot.stable.max, before.max if before else 0)
    found = (candidate.resolved_version, candidate.min, candidate.desired)
    if found == (version, size, size) and candidate.max == most and candidate.template_version == version:
        return ()
    return launching(candidate, version, min_size=size, max_size=most, desired=size)


def _healthy(scene: Scene, candidate: Group, size: int) -> Decision:
    target_group = scene.estate.candidate_target_group
    healthy = len(scene.estate.healthy_candidate)
    reason = f"{healthy} of {size} candidate instances are healthy"
    if healthy >= size:
        return settled(reason, healthy=healthy, group=candidate.name)
    interval = target_group.interval if target_group else LONGEST_WAIT
    return until_healthy(reason, size - len(candidate.in_service), interval)
