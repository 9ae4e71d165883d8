"""Shift: every rule at the wanted share, onto capacity that can carry it."""

from signalbox.rollouts import forwarding
from signalbox.rollouts.decisions.pools import refilled
from signalbox.rollouts.decisions.provision import decide_size, wanted_size
from signalbox.rollouts.decisions.scaling import handed_back, handed_over
from signalbox.rollouts.model import Step
from signalbox.rollouts.routing import forward
from signalbox.rollouts.scene import Decision, Scene, part, settled, wait, write


def decide_shift(scene: Scene, step: Step, provisioned: Step) -> Decision:
    """`provisioned` is the step that sized the candidate, whose size follows stable's present one."""
    percent = step.percent or 0
    size = wanted_size(provisioned, scene.estate.stable.desired)
    return _unfit(scene, percent, size) or _scaling(scene, percent) or _shifted(scene, percent)


def _unfit(scene: Scene, percent: int, size: int) -> Decision | None:
    candidate = scene.estate.candidate
    if percent and candidate is not None and candidate.desired < size:
        return decide_size(scene, size)
    needed = part(scene.min_healthy_percent, part(percent, scene.estate.stable.desired))
    healthy = len(scene.estate.healthy_candidate)
    if healthy >= needed:
        return None
    target_group = scene.estate.candidate_target_group
    reason = f"{healthy} of {needed} instances that {percent} % needs are healthy"
    return wait(reason, target_group.interval if target_group else 10)


def _scaling(scene: Scene, percent: int) -> Decision | None:
    """What belongs to traffic comes before it: the warm pool; with all of it what scales."""
    candidate, before = scene.estate.candidate, scene.snapshot.candidate or scene.snapshot.stable
    pool = refilled(candidate, before) if candidate and percent else None
    return pool or (handed_over(scene) if percent == forwarding.WHOLE else handed_back(scene))


def _shifted(scene: Scene, percent: int) -> Decision:
    stable, candidate = scene.layout.stable_target_group, str(scene.candidate_target_group)
    wanted = [
        (rule, forwarding.with_share(rule.actions, stable, candidate, percent)) for rule in scene.estate.rules
    ]
    writes = [
        forward(rule, actions)
        for rule, actions in wanted
        if not forwarding.same_forwarding(rule.actions, actions)
    ]
    if writes:
        return write(f"{percent} % of the traffic to the candidate", *writes)
    return settled(f"the candidate gets {percent} %", candidate=percent, stable=100 - percent)
