"""What a plan costs: time, capacity at its lowest, instances beyond the usual. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalbox.rollouts import forwarding
from signalbox.rollouts.dns import longest_lag
from signalbox.rollouts.estate import Estate
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.plan import rounds
from signalbox.rollouts.routing import weighs
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.writes import Write

BOOT = 90  # seconds, for a group that says nothing of its instances' warm-up
DRAINING = 300  # seconds, the default of `deregistration_delay.timeout_seconds`
HEALTHY_COUNT = 5  # checks, the default of `HealthyThresholdCount`
SETTLING = 2  # seconds of a step that waits for no instance
SYNC = 60  # seconds until Route 53's servers have a change
HOUR = 3_600
BALANCER = 180  # seconds until a new load balancer is active


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`seconds` from begin to end, pauses apart, experiments at their longest; at least `lowest_healthy` of
    `size` instances serve while AWS does what it is told; `extra_instance_hours` beyond those of stable, and
    `extra_load_balancer_hours` of a copy of its load balancer, each begun one of which is charged."""

    seconds: int
    lowest_healthy: int
    size: int
    extra_instance_hours: float
    extra_load_balancer_hours: float = 0.0

    @property
    def is_downtime(self) -> bool:
        """Whether at some moment nothing serves."""
        return self.size > 0 and self.lowest_healthy == 0


def estimate(scene: Scene, steps: tuple[Step, ...]) -> Estimate:
    """Walks the plan: each round of writes takes as long as what it launches, and what it drains."""
    size = scene.estate.stable.desired
    lowest, seconds, extra = len(_serving(scene.estate)), 0, 0
    lag, followed_at, made_at, copied = longest_lag(scene.estate.rules), 0, 0, 0
    for step in steps:
        if step.kind is StepKind.RETIRE:
            seconds = max(seconds, followed_at)
        if step.kind in (StepKind.BAKE, StepKind.ANALYSE):
            seconds += step.seconds or 0
            extra += (step.seconds or 0) * max(0, _present(scene.estate) - size)
        for decision, after in rounds(scene, steps, step.index):
            took = _seconds(scene.estate, after.estate)
            if after.estate.candidate_balancer and not scene.estate.candidate_balancer:
                took, made_at = max(took, BALANCER), seconds
            if scene.estate.candidate_balancer and not after.estate.candidate_balancer:
                copied = seconds + took - made_at
            lowest = min(lowest, len(_serving(scene.estate) - _taken(decision.writes)))
            extra += took * max(0, max(_present(scene.estate), _present(after.estate)) - size)
            seconds, scene = seconds + took, after
            if weighs(decision.writes[0]):
                seconds, followed_at = seconds + SYNC, seconds + SYNC + lag
                seconds += lag if step.kind is StepKind.RETIRE else 0
    return Estimate(
        seconds=seconds,
        lowest_healthy=lowest,
        size=size,
        extra_instance_hours=round(extra / HOUR, 1),
        extra_load_balancer_hours=round(copied / HOUR, 1),
    )


def _serving(estate: Estate) -> set[str]:
    """Healthy instances behind a target group that gets traffic."""
    loaded = {
        arn for rule in estate.rules for arn, weight in forwarding.weights(rule.actions).items() if weight
    }
    return {i for arn in loaded for i, state in estate.health.get(arn, {}).items() if state == "healthy"}


def _taken(writes: Sequence[Write]) -> set[str]:
    return {str(write.parameters["InstanceId"]) for write in writes if "InstanceId" in write.parameters}


def _members(estate: Estate) -> set[str]:
    groups = [group for group in (estate.stable, estate.candidate) if group is not None]
    return {instance.id for group in groups for instance in group.present}


def _present(estate: Estate) -> int:
    return len(_members(estate))


def _seconds(before: Estate, after: Estate) -> int:
    old, new = _members(before), _members(after)
    return max(SETTLING, (_launch(before) if new - old else 0) + (_drain(before) if old - new else 0))


def _launch(estate: Estate) -> int:
    group, target_group = estate.stable.copied, estate.stable_target_group
    boot, count = group.get("DefaultInstanceWarmup"), target_group.copied.get("HealthyThresholdCount")
    checks = count if isinstance(count, int) else HEALTHY_COUNT
    return (boot if isinstance(boot, int) else BOOT) + checks * target_group.interval


def _drain(estate: Estate) -> int:
    told = estate.stable_target_group.attributes.get("deregistration_delay.timeout_seconds", "")
    return int(told) if told.isdecimal() else DRAINING
