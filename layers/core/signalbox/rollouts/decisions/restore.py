"""Restore: back to the snapshot from whatever was reached. Traffic first, what was made for it last."""

from collections.abc import Sequence
from dataclasses import replace

from signalbox.rollouts import forwarding
from signalbox.rollouts.decisions.pools import launching, refilled
from signalbox.rollouts.decisions.removal import remove_candidate, remove_version
from signalbox.rollouts.dns import side_of
from signalbox.rollouts.estate import Estate, Group, Instance, Layout, Placement, Rule
from signalbox.rollouts.model import Told
from signalbox.rollouts.routing import forward
from signalbox.rollouts.scene import (
    Decision,
    Scene,
    settled,
    until_healthy,
    until_nobody_writes,
    until_resolvers_follow,
    until_told,
    write,
)
from signalbox.rollouts.writes import Write, deregister, resume, suspend, terminate

LAUNCH = ("Launch",)
QUIET = ("AddToLoadBalancer", "HealthCheck", "ReplaceUnhealthy")


def decide_restore(scene: Scene) -> Decision:
    """Each part answers None once it is as in the snapshot; the order is the order of importance to users."""
    return (
        traffic_back(scene)
        or stable_rebuilt(scene)
        or _stable_settings(scene)
        or _stable_serves(scene)
        or until_resolvers_follow(scene)
        or until_nobody_writes(scene)
        or _slot_as_before(scene)
        or remove_candidate(scene)
        or _rules_exact(scene)
        or refilled(scene.estate.stable, scene.snapshot.stable)
        or remove_version(scene)
        or settled("everything is as it was before")
    )


def traffic_back(scene: Scene) -> Decision | None:
    """The writes that end all traffic to the candidate; None when it gets none and stable gets all."""
    writes = restoring_writes(scene.layout, scene.snapshot, scene.estate)
    if not writes or _still_needed(scene):
        return None
    return write("traffic goes back to stable", *writes)


def _still_needed(scene: Scene) -> bool:
    """Whether what is beside a group that has lost instances to the rollout keeps it above the floor."""
    beside = scene.layout.placement is Placement.BESIDE
    return beside and scene.rebuilding and len(scene.estate.healthy_stable) < scene.floor


def restoring_writes(layout: Layout, snapshot: Estate, estate: Estate) -> tuple[Write, ...]:
    """The same as plain data: what a breach makes at once while undoing is instant."""
    if layout.placement is Placement.BESIDE:
        return _leave_target_group(layout, estate)
    before = {rule.arn: before_the_rollout(layout, rule, estate) for rule in snapshot.rules}
    wanted = {arn: safe_actions(layout, rule, estate) for arn, rule in before.items()}
    return tuple(
        forward(before[rule.arn], wanted[rule.arn])
        for rule in estate.rules
        if not forwarding.same_forwarding(rule.actions, before[rule.arn].actions)
        and not forwarding.same_forwarding(rule.actions, wanted[rule.arn])
    )


def compiled_writes(layout: Layout, snapshot: Estate, estate: Estate) -> tuple[Write, ...]:
    """The writes to store with the guards: absolute, right from every state that an instant step leaves."""
    if layout.placement is Placement.BESIDE:
        return _leave_target_group(layout, estate, only_serving=False)
    before = (before_the_rollout(layout, rule, estate) for rule in snapshot.rules)
    return tuple(forward(rule, safe_actions(layout, rule, estate)) for rule in before)


def before_the_rollout(layout: Layout, rule: Rule, estate: Estate) -> Rule:
    """The snapshot's rule. Of a name also the record that was made for the candidate, with weight 0: it goes
    later, when resolvers have forgotten it."""
    now = next((one for one in estate.rules if one.arn == rule.arn), rule)
    side = side_of(now, layout.candidate_target_group) if layout.candidate_balancer else None
    if side is None:
        return rule
    records = {**rule.records, side: now.records[side]}
    return replace(rule, actions=forwarding.beside(rule.actions, side), records=records)


def safe_actions(layout: Layout, rule: Rule, estate: Estate) -> tuple[dict[str, object], ...]:
    """The snapshot's actions; of a sticky rule without the candidate, since a cookie beats a weight of 0."""
    candidate = estate.candidate_target_group
    if candidate is None or layout.placement is Placement.BESIDE or not forwarding.is_sticky(rule.actions):
        return rule.actions
    return forwarding.without(rule.actions, candidate.arn)


def _leave_target_group(layout: Layout, estate: Estate, *, only_serving: bool = True) -> tuple[Write, ...]:
    candidate = estate.candidate
    if candidate is None:
        return ()
    states = estate.health.get(layout.stable_target_group, {})
    gone = ("draining", "unused") if only_serving else ()
    ids = [i.id for i in candidate.instances if i.id in states and states[i.id] not in gone]
    quiet = (
        [] if set(QUIET) <= set(candidate.suspended) or not only_serving else [suspend(candidate.name, QUIET)]
    )
    return (*([deregister(layout.stable_target_group, ids)] if ids else []), *quiet)


def strangers(scene: Scene, group: Group, before: Group) -> tuple[Instance, ...]:
    """Instances of a group that run the candidate's version instead of its own; what else ran there stays."""
    version = scene.candidate_version
    if version == before.resolved_version:
        return ()
    return tuple(instance for instance in group.present if instance.version == version)


def stable_rebuilt(scene: Scene) -> Decision | None:
    """Old instances went: launch the old version again beside the new ones, which go when it is healthy. When
    AWS has had no room for both for long, some of them go before, as many as the floor can do without."""
    stable, before = scene.estate.stable, scene.snapshot.stable
    new = strangers(scene, stable, before)
    if not new:
        return None
    version, size = before.resolved_version, before.desired + len(new)
    if stable.template_version != version or stable.desired < size:
        most = max(stable.max, size)
        return write(
            "the old version launches again", *launching(stable, version, max_size=most, desired=size)
        )
    healthy = sum(1 for i in scene.estate.healthy_stable if i not in new)
    if healthy < before.desired:
        reason = f"{healthy} of {before.desired} instances of the old version are healthy again"
        to_launch = size - len(stable.in_service)
        spare = _spared(scene, new) if scene.starved and to_launch > 0 else []
        if spare:
            fewer = launching(stable, version, max_size=max(stable.max, size), desired=size - len(spare))
            return write(f"{reason}; no room", *fewer, *[terminate(stable.name, i.id) for i in spare])
        return until_healthy(reason, to_launch, scene.estate.stable_target_group.interval)
    leave = [terminate(stable.name, i.id) for i in new]
    return write("the new version leaves", suspend(stable.name, LAUNCH), *leave)


def _spared(scene: Scene, new: tuple[Instance, ...]) -> list[Instance]:
    """Of the new version what does not serve, else what serves above the floor, but for the last one; AWS
    launches the old version in its place."""
    healthy = scene.estate.healthy_stable
    idle = [i for i in new if i not in healthy]
    above = max(0, len(healthy) - max(1, scene.floor))
    return idle or [i for i in new if i in healthy][:above]


def _stable_serves(scene: Scene) -> Decision | None:
    """What was taken from stable is back up to the floor before anything that serves beside it goes."""
    stable = scene.estate.stable
    healthy = len(scene.estate.healthy_stable)
    if not scene.rebuilding or healthy >= scene.floor:
        return None
    reason = f"{healthy} of the {scene.floor} instances that must serve are healthy again"
    to_launch = stable.desired - len(stable.in_service)
    return until_healthy(reason, to_launch, scene.estate.stable_target_group.interval)


def _stable_settings(scene: Scene) -> Decision | None:
    stable, before = scene.estate.stable, scene.snapshot.stable
    if len(stable.instances) > len(stable.present) and len(stable.present) > stable.desired:
        leaving = len(stable.instances) - len(stable.present)
        return until_told(f"{leaving} instances terminate", Told.TERMINATED, leaving)
    found = (stable.min, stable.max, stable.desired, stable.template_version)
    version, desired = _template_version(scene, before), _desired(stable, before)
    if found != (before.min, before.max, desired, version):
        return write("sizes and version of the stable group", *_settings(stable, before, version, desired))
    return _processes(stable, before)


def _desired(stable: Group, before: Group) -> int:
    """At least as before, with what scaling added meanwhile; not the places of those that have just left, and
    no more than must be where nothing was."""
    if not before.desired:
        return before.min
    have_left = set(LAUNCH) <= set(stable.suspended) - set(before.suspended)
    now = min(stable.desired, len(stable.present)) if have_left else stable.desired
    return max(before.desired, before.min, min(now, before.max))


def _template_version(scene: Scene, before: Group) -> str:
    """As it was; but $Latest means the candidate's version until that has been deleted."""
    return before.resolved_version if scene.made_version else before.template_version


def _settings(group: Group, before: Group, version: str, desired: int) -> tuple[Write, ...]:
    means, low, most = before.resolved_version, before.min, before.max
    return launching(group, version, means=means, min_size=low, max_size=most, desired=desired)


def _processes(group: Group, before: Group) -> Decision | None:
    extra = _ordered(set(group.suspended) - set(before.suspended))
    lacking = _ordered(set(before.suspended) - set(group.suspended))
    writes = [
        *([resume(group.name, extra)] if extra else []),
        *([suspend(group.name, lacking)] if lacking else []),
    ]
    return write("suspended processes", *writes) if writes else None


def _ordered(names: set[str]) -> Sequence[str]:
    return sorted(names)


def _slot_as_before(scene: Scene) -> Decision | None:
    slot, before = scene.estate.candidate, scene.snapshot.candidate
    if scene.layout.placement is not Placement.SLOT or slot is None or before is None:
        return None
    found = (slot.min, slot.max, slot.desired, slot.template_version)
    version = _template_version(scene, before)
    before = replace(before, min=min(before.min, before.desired))  # whatever it was set to while it served
    if found != (before.min, before.max, before.desired, version):
        return write("the candidate slot as before", *_settings(slot, before, version, before.desired))
    new = strangers(scene, slot, before)
    leaving = len(slot.instances) - before.desired
    if leaving > 0:
        protected = [terminate(slot.name, i.id) for i in new or slot.present if i.protected]
        if len(slot.present) > before.desired and protected:
            return write("what is protected from scale-in leaves", *protected[:leaving])
        return until_told(f"{leaving} candidate instances drain and terminate", Told.TERMINATED, leaving)
    if new:
        return write("its own version again", *[terminate(slot.name, i.id) for i in new])
    return _processes(slot, before) or refilled(slot, before)


def _rules_exact(scene: Scene) -> Decision | None:
    writes = [
        forward(before, before.actions)
        for rule in scene.estate.rules
        if forwarding.weights(rule.actions)
        != forwarding.weights((before := scene.snapshot.rule(rule.arn)).actions)
    ]
    return write("the rules exactly as before", *writes) if writes else None


def serves_as_before(scene: Scene) -> bool:
    """Whether all traffic goes to the old version and that is healthy: the third clock stops here."""
    new = strangers(scene, scene.estate.stable, scene.snapshot.stable)
    healthy = [i for i in scene.estate.healthy_stable if i not in new]
    back = not restoring_writes(scene.layout, scene.snapshot, scene.estate)
    return back and not new and len(healthy) >= min(scene.floor, len(scene.estate.stable.present))
