"""Replace: stable instances give way to the new version batch by batch, never below the health floor."""

from signalbox.rollouts.decisions.pools import launching, refilled
from signalbox.rollouts.decisions.versions import missing_version
from signalbox.rollouts.estate import Instance
from signalbox.rollouts.model import Step
from signalbox.rollouts.scene import Decision, Scene, part, pinned, settled, until_healthy, wait, write
from signalbox.rollouts.writes import set_group, terminate

WHOLE = 100


def decide_replace(scene: Scene, step: Step) -> Decision:
    """The group launches the new version from now on; a batch goes when the last one is healthy again."""
    return (
        missing_version(scene)
        or _done(scene, step)
        or _launching_new(scene, step)
        or _next_batch(scene, step)
    )


def _done(scene: Scene, step: Step) -> Decision | None:
    """Enough of the group is renewed; once all is and nothing is left to retire, it may shrink again."""
    stable, before = scene.estate.stable, scene.snapshot.stable
    if stable.template_version != scene.candidate_version or _renewed(scene) < _goal(scene, step):
        return None
    if step.percent == WHOLE and scene.estate.candidate is None and stable.min != before.min:
        return write("the group may shrink again", set_group(stable, min_size=before.min))
    return refilled(stable, before) or settled(_reason(scene, step), replaced=_renewed(scene))


def _goal(scene: Scene, step: Step) -> int:
    return max(step.count or 0, part(step.percent or WHOLE, scene.estate.stable.desired))


def _renewed(scene: Scene) -> int:
    return sum(1 for i in scene.estate.healthy_stable if i.version == scene.candidate_version)


def _reason(scene: Scene, step: Step) -> str:
    return f"{_renewed(scene)} of {_goal(scene, step)} instances are replaced and healthy"


def _launching_new(scene: Scene, step: Step) -> Decision | None:
    stable, version = scene.estate.stable, str(scene.candidate_version)
    desired = step.count if step.count and stable.desired < step.count else None
    if stable.template_version == version and desired is None and pinned(scene) is None:
        return None
    low = max(stable.min, scene.snapshot.stable.desired)
    writes = launching(stable, version, min_size=low, desired=desired)
    return write("the group launches the new version", *writes)


def _next_batch(scene: Scene, step: Step) -> Decision:
    stable, version = scene.estate.stable, str(scene.candidate_version)
    healthy, reason = scene.estate.healthy_stable, _reason(scene, step)
    to_launch = stable.desired - len(stable.in_service)
    if to_launch > 0 or any(i.version == version and i not in healthy for i in stable.in_service):
        return until_healthy(reason, to_launch, scene.estate.stable_target_group.interval)
    batch = _batch(scene, step, _goal(scene, step) - _renewed(scene))
    if not batch:
        return wait(
            f"{reason}; {len(_serving(scene))} healthy leave no room above the floor of {scene.floor}"
        )
    return write(reason, *[terminate(stable.name, i.id) for i in batch])


def _serving(scene: Scene) -> tuple[Instance, ...]:
    beside = () if scene.has_own_target_group else scene.estate.healthy_candidate
    return scene.estate.healthy_stable + beside


def _batch(scene: Scene, step: Step, left: int) -> list[Instance]:
    """Unhealthy ones first: they cost nothing."""
    stable = scene.estate.stable
    healthy = {i.id for i in scene.estate.healthy_stable}
    old = sorted((i for i in stable.present if i.version != scene.candidate_version), key=lambda i: i.id)
    room = len(_serving(scene)) - scene.floor
    most = min(step.batch_count or part(step.batch or WHOLE, stable.desired), left)
    free = [i for i in old if i.id not in healthy][:most]
    return free + [i for i in old if i.id in healthy][: max(0, min(room, most - len(free)))]
