"""Lifecycle hooks: an instance waits until somebody completes the action, or its time is over."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState, LifecycleHook

Transition = Literal["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"]
LAUNCHING: Transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING: Transition = "autoscaling:EC2_INSTANCE_TERMINATING"
CONTINUE, ABANDON = "CONTINUE", "ABANDON"
HEARTBEATS = 100
"""An instance waits at most so many heartbeats."""


@dataclass
class Action:
    """One instance before one hook, by the groups' clock in seconds; `result` is None while it waits."""

    hook: LifecycleHook
    instance_id: str
    token: str
    deadline: float
    latest: float
    result: str | None = None
    why: str = ""

    def end(self, result: str, why: str) -> None:
        self.result = self.result or result
        self.why = self.why or why


@dataclass(frozen=True)
class Outcome:
    """What came of all hooks of a transition; `message` is AWS's when it was abandoned."""

    result: str
    message: str = ""


class Hooks:
    """The actions under way."""

    def __init__(
        self, tell: Callable[[FakeAutoScalingGroup, dict[str, Any]], None], now: Callable[[], float]
    ) -> None:
        self._tell = tell
        self._now = now
        self._actions: dict[str, list[Action]] = {}

    def begin(self, group: FakeAutoScalingGroup, state: InstanceState, transition: Transition) -> bool:
        """Lets an instance wait for the hooks of its group; False when there are none."""
        actions = [
            self._action(hook, state) for hook in hooks_of(group) if hook.lifecycle_transition == transition
        ]
        self._actions[state.instance_id] = actions
        for action in actions:
            self._tell(group, _event(group, action))
        return bool(actions)

    def outcome(self, state: InstanceState) -> Outcome | None:
        """None while a hook waits; one that is abandoned ends the others."""
        actions = self._actions.get(state.instance_id, [])
        for action in actions:
            if self._now() >= min(action.deadline, action.latest):
                action.end(action.hook.default_result, "Heartbeat Timeout Elapsed")
        for action in actions:
            if action.result == ABANDON:
                return Outcome(ABANDON, _abandoned(action))
        return Outcome(CONTINUE) if all(action.result for action in actions) else None

    def complete(self, action: Action, result: str) -> None:
        """CompleteLifecycleAction."""
        action.end(result, f"Lifecycle Action Completed with {result} Result")

    def beat(self, action: Action) -> None:
        """RecordLifecycleActionHeartbeat: the whole timeout begins anew."""
        action.deadline = self._now() + float(action.hook.heartbeat_timeout)

    def find(self, group: str, hook: str, instance_id: str | None, token: str | None) -> Action:
        """The action that waits; raises ValidationError when there is none."""
        for action in self._waiting(group, hook):
            if token == action.token or (not token and instance_id == action.instance_id):
                return action
        named = f"token {token}" if token else f"instance ID {instance_id}"
        raise ValidationError(f"No active Lifecycle Action found with {named}")

    def drop_hook(self, group: str, hook: str) -> None:
        """Whoever waits for a hook that is deleted: launches are abandoned, terminations go on."""
        for action in list(self._waiting(group, hook)):
            launching = action.hook.lifecycle_transition == LAUNCHING
            action.end(ABANDON if launching else CONTINUE, "Lifecycle Hook Deleted")

    def forget(self, state: InstanceState) -> None:
        """The instance waits no longer."""
        self._actions.pop(state.instance_id, None)

    def _waiting(self, group: str, hook: str) -> Iterable[Action]:
        for actions in self._actions.values():
            for action in actions:
                named = (action.hook.auto_scaling_group_name, action.hook.name)
                if action.result is None and named == (group, hook):
                    yield action

    def _action(self, hook: LifecycleHook, state: InstanceState) -> Action:
        timeout, longest = float(hook.heartbeat_timeout), float(hook.global_timeout)
        now = self._now()
        return Action(hook, state.instance_id, str(uuid.uuid4()), now + timeout, now + longest)


def hooks_of(group: FakeAutoScalingGroup) -> list[LifecycleHook]:
    """All hooks of a group."""
    found: list[LifecycleHook] = group.autoscaling_backend.describe_lifecycle_hooks(group.name)
    return found


def _event(group: FakeAutoScalingGroup, action: Action) -> dict[str, Any]:
    launching = action.hook.lifecycle_transition == LAUNCHING
    metadata = vars(action.hook).get("notification_metadata")
    return {
        "source": "aws.autoscaling",
        "detail-type": f"EC2 Instance-{'launch' if launching else 'terminate'} Lifecycle Action",
        "resources": [group.arn],
        "detail": {
            "LifecycleActionToken": action.token,
            "AutoScalingGroupName": group.name,
            "LifecycleHookName": action.hook.name,
            "EC2InstanceId": action.instance_id,
            "LifecycleTransition": action.hook.lifecycle_transition,
            **({"NotificationMetadata": metadata} if metadata else {}),
            "Origin": "EC2" if launching else "AutoScalingGroup",
            "Destination": "AutoScalingGroup" if launching else "EC2",
        },
    }


def _abandoned(action: Action) -> str:
    return (
        f"Instance failed to complete user's Lifecycle Action: Lifecycle Action with token {action.token} "
        f"was abandoned: {action.why}"
    )
