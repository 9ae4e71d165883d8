"""The life of Auto Scaling groups: boot, replacement, scale-in, deletion, and the events of each."""

from collections import deque
from collections.abc import Callable
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.core.exceptions import ServiceException
from moto.elbv2.models import FakeTargetGroup

from signalbox_local.estate.activities import (
    Ending,
    ScalingActivity,
    launch_activity,
    scaling_event,
    termination_activity,
)
from signalbox_local.estate.belongings import forget
from signalbox_local.estate.capacity import alive, choose_victims, is_leaving, is_suspended
from signalbox_local.estate.hooks import ABANDON, LAUNCHING, TERMINATING, Hooks, Transition
from signalbox_local.estate.judging import Judge, target_group
from signalbox_local.estate.launching import check_room, launch_instance
from signalbox_local.estate.lives import Life, Lives
from signalbox_local.estate.settings import EstateSettings
from signalbox_local.estate.targets import Targets

EVERY_GROUP = "*"
KEPT_ACTIVITIES = 1_000
DELETING = "Delete in progress"


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
        self._lives = Lives()
        self.judge = Judge(settings, targets, self._lives, now)
        self.hooks = Hooks(tell, now)
        self._activities: deque[ScalingActivity] = deque(maxlen=KEPT_ACTIVITIES)
        self._launch_failures: dict[str, str] = {}
        self._launch_after: dict[str, float] = {}
        self._room: int | None = None

    def set_launch_failure(self, group: str, message: str | None) -> None:
        """From now on launches of a group (or of every group, `*`) fail with this message; None ends that."""
        self._launch_failures.pop(group, None)
        if message is not None:
            self._launch_failures[group] = message

    def set_room(self, instances: int | None) -> None:
        """Launches fail while a region has as many instances as this; None ends that."""
        self._room = instances

    def activities(self, group: str | None) -> list[ScalingActivity]:
        """The scaling activities of one group or of all, newest first."""
        return [each for each in reversed(self._activities) if group in (None, each.auto_scaling_group_name)]

    def launched_version(self, instance_id: str) -> int | None:
        """The launch template version that an instance was started from, when it is known."""
        return self._lives.version(instance_id)

    def step(self, group: FakeAutoScalingGroup) -> None:
        """Does what is due now."""
        for state in list(group.instance_states):
            self._advance(group, state)
        if not is_suspended(group, "HealthCheck"):
            self.judge.judge(group)
        if not is_suspended(group, "ReplaceUnhealthy") and not is_suspended(group, "Terminate"):
            self._replace_unhealthy(group)
        self._converge(group)
        self._finish_deletion(group)

    def terminate(self, group: FakeAutoScalingGroup, state: InstanceState, why: str) -> ScalingActivity:
        """Takes an instance out of its target groups and terminates it once it has drained."""
        life = self._lives.of(state)
        if is_leaving(state) and life.activity:
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
            if found := target_group(group, arn):
                self._targets.deregister(found, [state.instance_id])
            self._lives.of(state).registered_in.discard(arn)

    def delete(self, group: FakeAutoScalingGroup) -> None:
        """Terminates all instances; the group goes with the last one."""
        vars(group)["status"] = DELETING
        group.min_size = group.max_size = group.desired_capacity = 0
        for state in list(group.instance_states):
            self.terminate(group, state, "as the group is being deleted")
        self._finish_deletion(group)

    def _advance(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        if self._now() < self._lives.of(state).due:
            return
        match state.lifecycle_state:
            case "Pending":
                self._wait_or(group, state, LAUNCHING, self._enter_service)
            case "Pending:Wait":
                self._end_launch_wait(group, state)
            case "Pending:Proceed":
                self._enter_service(group, state)
            case "Terminating":
                self._wait_or(group, state, TERMINATING, self._leave)
            case "Terminating:Wait" if _is_deleting(group) or self.hooks.outcome(state):
                state.lifecycle_state = "Terminating:Proceed"
            case "Terminating:Proceed":
                self._leave(group, state)

    def _wait_or(
        self,
        group: FakeAutoScalingGroup,
        state: InstanceState,
        transition: Transition,
        go_on: Callable[[FakeAutoScalingGroup, InstanceState], None],
    ) -> None:
        """Hooks are for instances that run, and not for groups that are deleted by force."""
        waits = state.instance.state == "running" and not _is_deleting(group)
        if waits and self.hooks.begin(group, state, transition):
            state.lifecycle_state += ":Wait"
        else:
            go_on(group, state)

    def _end_launch_wait(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        outcome = self.hooks.outcome(state)
        if outcome and outcome.result == ABANDON:
            self._end(group, state, "Launch Unsuccessful", outcome.message)
            self._lives.of(state).activity = None
            self.terminate(group, state, "as its lifecycle action was abandoned")
        elif outcome:
            state.lifecycle_state = "Pending:Proceed"

    def _enter_service(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        state.lifecycle_state = "InService"
        self._lives.of(state).in_service_since = self._now()
        self._register(group, state)
        self._end(group, state, "Launch Successful")

    def _leave(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        if state.instance.state != "terminated":
            state.instance.terminate()
        group.instance_states.remove(state)
        self._end(group, state, "Terminate Successful")
        self.hooks.forget(state)
        self._lives.end(state)

    def _register(self, group: FakeAutoScalingGroup, state: InstanceState) -> None:
        if is_suspended(group, "AddToLoadBalancer") or state.instance.state != "running":
            return
        for arn in group.target_group_arns:
            if found := target_group(group, arn):
                self._targets.register(found, [{"Id": state.instance_id}])
                self._lives.of(state).registered_in.add(arn)

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
                check_room(group, self._room)
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
        self._lives.begin(instance.id, Life(version, activity, self._now() + self._settings.boot))

    def _fail_launch(self, group: FakeAutoScalingGroup, message: str) -> None:
        self._launch_after[group.arn] = self._now() + self._settings.launch_retry
        activity = self._record(launch_activity(group, None))
        activity.end("Failed", message)
        self._tell(group, scaling_event("Launch Unsuccessful", activity, None))

    def _finish_deletion(self, group: FakeAutoScalingGroup) -> None:
        if _is_deleting(group) and not group.instance_states:
            backend: AutoScalingBackend = group.autoscaling_backend
            backend.autoscaling_groups.pop(group.name, None)
            forget(group)

    def _end(
        self, group: FakeAutoScalingGroup, state: InstanceState, ending: Ending, message: str = ""
    ) -> None:
        activity = self._lives.of(state).activity
        if activity:
            activity.end("Successful" if ending.endswith(" Successful") else "Cancelled", message)
            self._tell(group, scaling_event(ending, activity, state.instance))

    def _record(self, activity: ScalingActivity) -> ScalingActivity:
        self._activities.append(activity)
        return activity

    def _attached(self, group: FakeAutoScalingGroup, state: InstanceState) -> list[FakeTargetGroup]:
        found = [target_group(group, arn) for arn in group.target_group_arns]
        used = [each for each in found if each and state.instance_id in each.targets]
        return [each for each in used if self._targets.is_used(each)]

    def _version(self, state: InstanceState) -> int:
        return self._lives.of(state).version or 0


def _is_deleting(group: FakeAutoScalingGroup) -> bool:
    return vars(group).get("status") == DELETING
