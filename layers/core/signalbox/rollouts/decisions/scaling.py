"""Whose scaling counts: stable's own until the candidate has all of the traffic, then the candidate's."""

from collections.abc import Iterator, Mapping

from signalbox.rollouts.estate import Carried, Placement
from signalbox.rollouts.guards import balancer_of, candidate_balancer, dimension_of
from signalbox.rollouts.scene import Decision, Scene, write
from signalbox.rollouts.writes import Write, put_scaling_policy, put_scheduled_actions, resume, suspend

SCALING = frozenset({"AlarmNotification", "ScheduledActions"})
CONFIGURATIONS = ("TargetTrackingConfiguration", "PredictiveScalingConfiguration")


def is_handed_over(scene: Scene) -> bool:
    """Whether stable stands still, and the candidate scales."""
    return set(scene.estate.stable.suspended) >= SCALING


def handed_over(scene: Scene) -> Decision | None:
    """Before all traffic leaves: a copy is given what scales stable, which stands still from now on, at the
    size that the way back needs. None when it is so, and where nothing scales."""
    stable, carried = scene.estate.stable, scene.snapshot.stable.carried
    missing = sorted(SCALING - set(stable.suspended))
    if not missing or not (carried.policies or carried.actions):
        return None
    given = _given(scene, carried) if scene.layout.placement is Placement.COPY else ()
    return write("scaling goes with the traffic", *given, suspend(stable.name, missing))


def handed_back(scene: Scene) -> Decision | None:
    """Stable scales again as it did before the rollout; None when it does."""
    stable, before = scene.estate.stable, scene.snapshot.stable
    extra = sorted(SCALING & set(stable.suspended) - set(before.suspended))
    return write("stable scales again", resume(stable.name, extra)) if extra else None


def _given(scene: Scene, carried: Carried) -> Iterator[Write]:
    copy = scene.layout.candidate_group
    quiet = sorted(SCALING & set(scene.snapshot.stable.suspended))
    if quiet:
        yield suspend(copy, quiet)
    names = {scene.layout.stable_group: copy, **_seen_as(scene)}
    for policy in carried.policies:
        looks = {key: _renamed(policy[key], names) for key in CONFIGURATIONS if key in policy}
        yield put_scaling_policy(copy, {**policy, **looks})
    if carried.actions:
        yield put_scheduled_actions(copy, carried.actions)


def _seen_as(scene: Scene) -> dict[str, str]:
    """What CloudWatch calls stable's target group and load balancer -> what it calls the candidate's; both
    together, as the label of a request count, come first."""
    stable = scene.estate.stable_target_group
    ours, theirs = dimension_of(stable), dimension_of(str(scene.candidate_target_group))
    before, after = balancer_of(stable), candidate_balancer(scene.layout, scene.estate)
    if before == after:
        return {ours: theirs}
    return {f"{before}/{ours}": f"{after}/{theirs}", before: after, ours: theirs}


def _renamed(value: object, names: Mapping[str, str]) -> object:
    """What a policy looks at, told of the copy: dimensions are names, a resource label ends with one."""
    if isinstance(value, dict):
        return {key: _renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    if not isinstance(value, str):
        return value
    for old, new in names.items():
        if value == old or value.endswith(f"/{old}"):
            return f"{value.removesuffix(old)}{new}"
    return value
