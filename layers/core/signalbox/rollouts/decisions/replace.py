"""Replace: stable instances give way to the new version batch by batch, never below the health floor."""

from signalbox.rollouts.decisions.versions import missing_version
from signalbox.rollouts.estate import Instance
from signalbox.rollouts.model import Step
from signalbox.rollouts.scene import Decision, Scene, part, pinned, settled, wait, write
from signalbox.rollouts.writes import set_group, terminate


def decide_replace(scene: Scene, step: Step) -> Decision:
    """The group launches the new version from now on; a batch goes when the last one is healthy again."""
    return missing_version(scene) or _launching_new(scene) or _next_batch(scene, step)


def _launching_new(scene: Scene) -> Decision | None:
    stable, version = scene.estate.stable, str(scene.candidate_version)
    pin = pinned(scene)
    if stable.template_version == version and pin is None:
        return None
    low = max(stable.min, scene.snapshot.stable.desired)
    return write("the group launches the new version", set_group(stable, version=version, min_size=low))


def _next_batch(scene: Scene, step: Step) -> Decision:
    stable, version = scene.estate.stable, str(scene.candidate_version)
    goal = part(step.percent or 100, stable.desired)
    healthy = scene.estate.healthy_stable
    renewed = sum(1 for i in healthy if i.version == version)
    reason = f"{renewed} of {goal} instances are replaced and healthy"
    if renewed >= goal:
        return settled(reason, replaced=renewed)
    if len(stable.present) < stable.desired:
        return wait(f"{reason}; {stable.desired - len(stable.present)} to launch")
    if any(i.version == version and i not in healthy for i in stable.present):
        return wait(reason, scene.estate.stable_target_group.interval)
    batch = _batch(scene, step, goal - renewed)
    if not batch:
        return wait(
            f"{reason}; {len(_serving(scene))} healthy leave no room above the floor of {scene.floor}"
        )
    return write(reason, *[terminate(stable.name, i.id, shrink=False) for i in batch])


def _serving(scene: Scene) -> tuple[Instance, ...]:
    beside = () if scene.has_own_target_group else scene.estate.healthy_candidate
    return scene.estate.healthy_stable + beside


def _batch(scene: Scene, step: Step, left: int) -> list[Instance]:
    """Unhealthy ones first: they cost nothing."""
    stable = scene.estate.stable
    healthy = {i.id for i in scene.estate.healthy_stable}
    old = sorted((i for i in stable.present if i.version != scene.candidate_version), key=lambda i: i.id)
    old.sort(key=lambda i: i.id in healthy)
    room = len(_serving(scene)) - scene.floor
    most = min(part(step.batch or 100, stable.desired), left)
    free = [i for i in old if i.id not in healthy][:most]
    return free + [i for i in old if i.id in healthy][: max(0, min(room, most - len(free)))]
