"""How what Signalbox made goes: emptied first, then deleted, each only when nothing needs it any more."""

from signalbox.rollouts.balancer_writes import delete_balancer
from signalbox.rollouts.decisions.pools import LOOK_AGAIN
from signalbox.rollouts.dns import side_of
from signalbox.rollouts.estate import Group, Placement
from signalbox.rollouts.routing import remove_record
from signalbox.rollouts.scene import Decision, Scene, until_gone, wait, write
from signalbox.rollouts.writes import (
    CREATED_BY,
    delete_group,
    delete_target_group,
    delete_template_version,
    delete_warm_pool,
    set_group,
    terminate,
)


def made_here(scene: Scene) -> Group | None:
    """The candidate group, if this rollout made it and it is still there."""
    group = scene.estate.candidate
    if group is None or scene.layout.placement is Placement.SLOT:
        return None
    return group if group.tags.get(CREATED_BY) == scene.rollout_id else None


def emptied(group: Group, reason: str, what: str, *, for_good: bool = False) -> Decision | None:
    """All instances leave; those that are protected from scale-in are told one by one. `for_good`: nothing
    may scale the group any more. None when it is empty."""
    if group.min or group.desired or (for_good and group.max):
        most = 0 if for_good else None
        return write(reason, set_group(group, min_size=0, max_size=most, desired=0))
    protected = [terminate(group.name, i.id) for i in group.present if i.protected]
    if protected:
        return write(f"{what} leave that are protected from scale-in", *protected)
    return until_gone(what, group) if group.instances else None


def remove_candidate(scene: Scene) -> Decision | None:
    """Its record of the name and its load balancer go, then the candidate's group, emptied before, then its
    target group, which no rule names any more; None when all are gone."""
    way_in = _remove_record(scene) or _remove_balancer(scene)
    if way_in is not None:
        return way_in
    group = made_here(scene)
    if group is not None:
        return (
            _pool_leaves(group)
            or emptied(group, "the candidate group empties", "candidate instances", for_good=True)
            or write("the candidate group goes", delete_group(group.name))
        )
    return _remove_target_group(scene)


def _remove_record(scene: Scene) -> Decision | None:
    """Nobody is led there any more, and resolvers have had the time to forget it."""
    if not scene.layout.candidate_balancer:
        return None
    sides = [(rule, side_of(rule, scene.layout.candidate_target_group)) for rule in scene.estate.rules]
    writes = [remove_record(rule, rule.records[side]) for rule, side in sides if side is not None]
    return write("its record of the name goes", *writes) if writes else None


def _remove_balancer(scene: Scene) -> Decision | None:
    """Its listeners go with it; the target group is free a little later."""
    copy = scene.estate.candidate_balancer
    if copy is None or copy.tags.get(CREATED_BY) != scene.rollout_id:
        return None
    return write("its load balancer goes", delete_balancer(copy.arn))


def _pool_leaves(group: Group) -> Decision | None:
    """AWS deletes no group with a warm pool."""
    if group.warm_pool_going:
        return wait("its warm pool terminates", LOOK_AGAIN)
    return write("its warm pool goes", delete_warm_pool(group.name)) if group.warm_pool else None


def _remove_target_group(scene: Scene) -> Decision | None:
    copy = scene.estate.candidate_target_group
    if (
        scene.layout.placement is not Placement.COPY
        or copy is None
        or copy.tags.get(CREATED_BY) != scene.rollout_id
    ):
        return None
    if scene.layout.candidate_balancer and copy.load_balancers:
        return wait("its load balancer lets go of its target group", LOOK_AGAIN)
    return write("its target group goes", delete_target_group(copy.arn))


def remove_version(scene: Scene) -> Decision | None:
    """Delete the launch template version that this rollout made; None when it is gone or in use."""
    version = scene.estate.candidate_version
    if version is None or scene.version.isdecimal():
        return None
    groups = [g for g in (scene.estate.stable, scene.estate.candidate) if g is not None]
    if any(version == g.template_version or version in {i.version for i in g.present} for g in groups):
        return None
    return write(
        "its launch template version goes", delete_template_version(scene.layout.template_id, version)
    )
