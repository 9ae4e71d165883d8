"""A group with all that may belong to one: hook, policy, scheduled action, warm pool, protection."""

from datetime import UTC, datetime
from typing import Any

from tests.scenario.world import World

TARGET = {
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
    "TargetValue": 50.0,
}
FAR = datetime(2036, 1, 1, tzinfo=UTC)
SCALING = {"AlarmNotification", "ScheduledActions"}


def furnish(world: World, group: str, **hook: Any) -> None:
    """The hook is one of termination: nobody waits for it before an instance leaves."""
    autoscaling = world.aws("autoscaling")
    autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        HeartbeatTimeout=30,
        DefaultResult="CONTINUE",
        **hook,
    )
    autoscaling.put_scaling_policy(
        AutoScalingGroupName=group,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=TARGET,
    )
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=group, ScheduledActionName="someday", StartTime=FAR, MinSize=1
    )
    autoscaling.put_warm_pool(AutoScalingGroupName=group, MinSize=1, PoolState="Stopped")
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=group, NewInstancesProtectedFromScaleIn=True)


def drop_hook(world: World, *groups: str) -> None:
    """Instances leave at once from now on."""
    for group in groups:
        world.aws("autoscaling").delete_lifecycle_hook(AutoScalingGroupName=group, LifecycleHookName="drain")


def belongings(world: World, group: str) -> dict[str, Any]:
    """What belongs to a group, without its name."""
    autoscaling = world.aws("autoscaling")
    named = {"AutoScalingGroupName": group}
    found: dict[str, Any] = {
        "hooks": autoscaling.describe_lifecycle_hooks(**named)["LifecycleHooks"],
        "policies": autoscaling.describe_policies(**named)["ScalingPolicies"],
        "actions": autoscaling.describe_scheduled_actions(**named)["ScheduledUpdateGroupActions"],
    }
    kept = {
        kind: [{k: v for k, v in one.items() if group not in str(v)} for one in listed]
        for kind, listed in found.items()
    }
    described = world.group(group) or {}
    pool = described.get("WarmPoolConfiguration")
    return {**kept, "pool": pool, "protected": described.get("NewInstancesProtectedFromScaleIn")}


def suspended(world: World, group: str) -> set[str]:
    """The processes of a group that stand still."""
    return {each["ProcessName"] for each in (world.group(group) or {})["SuspendedProcesses"]}
