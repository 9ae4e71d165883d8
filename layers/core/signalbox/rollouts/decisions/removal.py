"""How what Signalbox made goes: emptied first, then deleted, each only when nothing needs it any more."""

from signalbox.rollouts.estate import Group, Placement
from signalbox.rollouts.scene import Decision, Scene, until_gone, write
from signalbox.rollouts.writes import (
    CREATED_BY,
    delete_group,
    delete_target_group,
    delete_template_version,
    set_group,
)


def made_here(scene: Scene) -> Group | None:
    """The candidate group, if this rollout made it and it is still there."""
    group = scene.estate.candidate
    if group is None or scene.layout.placement is Placement.SLOT:
        return None
    return group if group.tags.get(CREATED_BY) == scene.rollout_id else None


def remove_candidate(scene: Scene) -> Decision | None:
    """Empty the candidate's group, delete it, then its target group, which no rule names any more; None when
    both are gone."""
    group = made_here(scene)
    if group is not None:
        if group.desired or group.min:
            return write("the candidate group empties", set_group(group, min_size=0, desired=0))
        if group.instances:
            return until_gone("candidate instances", group)
        return write("the candidate group goes", delete_group(group.name))
    return _remove_target_group(scene)


def _remove_target_group(scene: Scene) -> Decision | None:
    copy = scene.estate.candidate_target_group
    if (
        scene.layout.placement is not Placement.COPY
        or copy is None
        or copy.tags.get(CREATED_BY) != scene.rollout_id
    ):
        return None
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
