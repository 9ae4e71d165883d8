"""The candidate's launch template version: made once, from the version that serves now."""

from signalbox.rollouts.scene import Decision, Scene, pinned, write
from signalbox.rollouts.writes import create_template_version


def missing_version(scene: Scene) -> Decision | None:
    """The decision to make it; None when it is there. A group that follows $Latest is pinned before."""
    if scene.candidate_version is not None:
        return None
    layout = scene.layout
    creation = create_template_version(
        layout.template_id, layout.source_version, scene.version, scene.rollout_id
    )
    pin = pinned(scene)
    return write(f"a launch template version with {scene.version}", *([pin] if pin else []), creation)
