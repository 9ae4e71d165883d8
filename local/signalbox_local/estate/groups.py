"""The life of Auto Scaling groups: boot, replacement, scale-in, deletion, and the events of each."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.core.exceptions import ServiceException
from moto.elbv2.models import FakeTargetGroup

from signalbox_local.estate.activities import (
    Outcome,
    ScalingActivity,
    launch_activity,
    scaling_event,
    termination_activity,
)
from signalbox_local.estate.capacity import alive, choose_victims, is_suspended
from signalbox_local.estate.launching import launch_instance
from signalbox_local.estate.settings import EstateSettings
from signalbox_local.estate.targets import Targets

EVERY_GROUP = "*"
KEPT_ACTIVITIES = 1_000
DELETING = "Delete in progress"


@dataclass
class Life:
    """What Auto Scaling knows of an instance beside moto; times in seconds of the groups' clock."""

    version: int | None = None
    activity: ScalingActivity | None = None
    due: float = 0.0
    in_service_since: float = 0.0
    registered_in: set[str] = field(default_factory=set)


class Groups:
    """Brings every group, step by step, to what was asked of it."""

    def __init__(
        self,
        settings: EstateSettings,
        targets: Targets,
        tell: Callable[[FakeAutoScalingGroup, dict[str, Any]], None],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._targets = targets
        self._tell = tell
        self._now = now
        self._lives: dict[str, Life] = {}
        self._activities: deque[ScalingActivity] = deque(maxlen=KEPT_ACTIVITIES)
        self._launch_failures: dict[str, str] = {}
        self._launch_after: dict[str, float] = {}

    def set_launch_failure(self, group: str, message: str | None) -> None:
        """From now on launches of a group (or of every group, `*`) fail with this message; None ends that."""
        self._launch_failures.pop(group, None)
        if message is not None:
            self._launch_failures[group] = message

    def activities(self, group: str | None) -> list[ScalingActivity]:
        """The scaling activities of one group or of all, newest first."""
        return [each for each in reversed(self._activities) if group in (None, each.auto_scaling_group_name)]

    def launched_version(self, instance_id: str) -> int | None:
        """The launch template version that an instance was started from, when it is known."""
        life = self._lives.get(instance_id)
        return life.version if life else None

    def step(self, group: FakeAutoScalingGroup) -> None:
        """Does what is due now."""
        for state in list(group.instance_states):
            self._advance(group, state)
        if not is_suspended(group, "HealthCheck"):
            self._judge_health(group)
        if not is_suspended(group, "ReplaceUnhealthy") and not is_suspended(group, "Terminate"):
            self._replace_unhealthy(group)
        self._converge(group)
        self._finish_deletion(group)

    def terminate(self, group: FakeAutoScalingGroup, state: InstanceState, why: str) -> ScalingActivity:
        """Takes an instance out of its target groups and terminates it once it has drained."""
        life = self._life(state)
        if state.lifecycle_state == "Terminating" and life.activity:
            return life.activity
        drain = [self._targets.drain_seconds(each) for each in self._attached(group, state)]
        self.deregister(group, state, group.target_group_arns)
        state.lifecycle_state = "Terminating"
        life.due = self._now() + max([self._settings.termination, *drain])
        life.activity = self._record(termination_activity(group, state.instance_id, why))
        return life.activity

    def register(self, group: FakeAutoScalingGroup) -> None:
        """Puts all instances in service into all target groups of the group, unless that is suspended."""
        for state in group.active_instances():
            self._register(group, state)

    def deregister(self, group: FakeAutoScalingGroup, state: InstanceState, arns: list[str]) -> None:
        """Takes one instance out of target groups."""
        for arn in arns:
            if target_group := _target_group(group, arn):
                self._targets.deregister(target_group, [state.instance_id])
            self._life(state).registered_in.discard(arn)

    def delete(self, group: FakeAutoScalingGroup) -> None:
        """Terminates all instances; the group goes with the last one."""
        vars(group)["status"] = DELETING
        group.min_size = group.max_size = group.desired_capacity = 0
        for state in list(group.instance_states):
            self.terminate(group, state, "as the group is being deleted")
        self._finish_deletion(group)

    def _advance(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        if self._now() < self._life(state).due:
            return
        if state.lifecycle_state == "Pending":
            self._enter_service(group, state)
        elif state.lifecycle_state == "Terminating":
            self._leave(group, state)

    def _enter_service(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        state.lifecycle_state = "InService"
        self._life(state).in_service_since = self._now()
        self._register(group, state)
        self._end(group, state, "Launch Successful")

    def _leave(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        if state.instance.state != "terminated":
            state.instance.terminate()
        group.instance_states.remove(state)
        self._end(group, state, "Terminate Successful")
        del self._lives[state.instance_id]

    def _register(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        if is_suspended(group, "AddToLoadBalancer") or state.instance.state != "running":
            return
        for arn in group.target_group_arns:
            if target_group := _target_group(group, arn):
                self._targets.register(target_group, [{"Id": state.instance_id}])
                self._life(state).registered_in.add(arn)

    def _judge_health(self, group: FakeAutoScalingGroup) -> None:
        for state in group.active_instances():
            if state.instance.state != "running" or self._fails_at_load_balancer(group, state):
                state.health_status = "Unhealthy"

    def _fails_at_load_balancer(self, group: FakeAutoScalingGroup, state: InstanceState) -> bool:
        life = self._life(state)
        grace = float(group.health_check_grace_period or 0) / self._settings.health_speedup
        if "ELB" not in group.health_check_type or self._now() - life.in_service_since < grace:
            return False
        found = [_target_group(group, arn) for arn in life.registered_in]
        healths = [self._targets.health(each, state.instance_id) for each in found if each]
        return any(
            health.state in {"unhealthy", "draining"} or health.reason == "Target.NotRegistered"
            for health in healths
        )

    def _replace_unhealthy(self, group: FakeAutoScalingGroup) -> None:
        for state in group.active_instances():
            if state.health_status == "Unhealthy":
                self.terminate(group, state, "in response to a health check that it failed")

    def _converge(self, group: FakeAutoScalingGroup) -> None:
        surplus = len(alive(group)) - int(group.desired_capacity or 0)
        if surplus > 0 and not is_suspended(group, "Terminate"):
            for state in choose_victims(group, surplus, self._version):
                self.terminate(group, state, "in response to a lower desired capacity")
        elif surplus < 0 and not is_suspended(group, "Launch"):
            self._launch(group, -surplus)

    def _launch(self, group: FakeAutoScalingGroup, count: int) -> None:
        if self._now() < self._launch_after.get(group.arn, 0.0):
            return
        failure = self._launch_failures.get(group.name) or self._launch_failures.get(EVERY_GROUP)
        try:
            for _ in range(0 if failure else count):
                self._launch_one(group)
        except ServiceException as error:
            failure = error.message
        if failure:
            self._fail_launch(group, failure)

    def _launch_one(self, group: FakeAutoScalingGroup) -> None:
        instance, version = launch_instance(group)
        vars(instance)["autoscaling_group"] = group
        protected = group.new_instances_protected_from_scale_in
        group.instance_states.append(InstanceState(instance, "Pending", protected_from_scale_in=protected))
        activity = self._record(launch_activity(group, instance.id))
        self._lives[instance.id] = Life(version, activity, self._now() + self._settings.boot)

    def _fail_launch(self, group: FakeAutoScalingGroup, message: str) -> None:
        self._launch_after[group.arn] = self._now() + self._settings.launch_retry
        activity = self._record(launch_activity(group, None))
        activity.end(False, message)
        self._tell(group, scaling_event("Launch Unsuccessful", activity, None))

    def _finish_deletion(self, group: FakeAutoScalingGroup) -> None:
        if vars(group).get("status") == DELETING and not group.instance_states:
            backend: AutoScalingBackend = group.autoscaling_backend
            backend.autoscaling_groups.pop(group.name, None)

    def _end(self, group: FakeAutoScalingGroup, state: InstanceState, outcome: Outcome) -> None:
        activity = self._life(state).activity
        if activity:
            activity.end(True)
            self._tell(group, scaling_event(outcome, activity, state.instance))

    def _record(self, activity: ScalingActivity) -> ScalingActivity:
        self._activities.append(activity)
        return activity

    def _attached(self, group: FakeAutoScalingGroup, state: InstanceState) -> list[FakeTargetGroup]:
        found = [_target_group(group, arn) for arn in group.target_group_arns]
        used = [each for each in found if each and state.instance_id in each.targets]
        return [each for each in used if self._targets.is_used(each)]

    def _version(self, state: InstanceState) -> int:
        return self._life(state).version or 0

    def _life(self, state: InstanceState) -> Life:
        return self._lives.setdefault(state.instance_id, Life())


def _target_group(group: FakeAutoScalingGroup, arn: str) -> FakeTargetGroup | None:
    found: FakeTargetGroup | None = group.autoscaling_backend.elbv2_backend.target_groups.get(arn)
    return found
