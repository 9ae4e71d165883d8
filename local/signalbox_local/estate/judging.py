"""The health checks of an Auto Scaling group: by EC2, and by its load balancers."""

from collections.abc import Callable

from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.elbv2.models import FakeTargetGroup

from signalbox_local.estate.lives import Lives
from signalbox_local.estate.settings import EstateSettings
from signalbox_local.estate.targets import Targets


class Judge:
    """Marks members unhealthy; who replaces them is another's business."""

    def __init__(
        self, settings: EstateSettings, targets: Targets, lives: Lives, now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._targets = targets
        self._lives = lives
        self._now = now

    def judge(self, group: FakeAutoScalingGroup) -> None:
        """All members in service."""
        for state in group.active_instances():
            if self._is_found_dead(state) or self._fails_at_load_balancer(group, state):
                state.health_status = "Unhealthy"

    def is_in_grace(self, group: FakeAutoScalingGroup, state: InstanceState) -> bool:
        """Whether its grace period has not passed."""
        grace = float(group.health_check_grace_period or 0) / self._settings.health_speedup
        return self._now() - self._lives.of(state).in_service_since < grace

    def _is_found_dead(self, state: InstanceState) -> bool:
        life = self._lives.of(state)
        if state.instance.state == "running":
            life.dead_since = None
            return False
        life.dead_since = self._now() if life.dead_since is None else life.dead_since
        return self._now() - life.dead_since >= self._settings.death_notice

    def _fails_at_load_balancer(self, group: FakeAutoScalingGroup, state: InstanceState) -> bool:
        if "ELB" not in group.health_check_type or self.is_in_grace(group, state):
            return False
        found = [target_group(group, arn) for arn in self._lives.of(state).registered_in]
        healths = [self._targets.health(each, state.instance_id) for each in found if each]
        return any(
            health.state in {"unhealthy", "draining"} or health.reason == "Target.NotRegistered"
            for health in healths
        )


def target_group(group: FakeAutoScalingGroup, arn: str) -> FakeTargetGroup | None:
    """A target group in the region of an Auto Scaling group."""
    found: FakeTargetGroup | None = group.autoscaling_backend.elbv2_backend.target_groups.get(arn)
    return found
