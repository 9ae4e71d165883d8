"""What belongs to each simulated group: something that scales it, and a warm pool."""

from datetime import UTC, datetime

from signalbox_local.owner import Aws

FAR = datetime(2090, 1, 1, tzinfo=UTC)


def furnish(aws: Aws, group: str) -> None:
    """A policy by hand, a scheduled action that never comes, a warm pool."""
    aws("autoscaling").put_scaling_policy(
        AutoScalingGroupName=group,
        PolicyName="more",
        AdjustmentType="ChangeInCapacity",
        ScalingAdjustment=1,
    )
    aws("autoscaling").put_scheduled_update_group_action(
        AutoScalingGroupName=group, ScheduledActionName="someday", StartTime=FAR, MinSize=1
    )
    aws("autoscaling").put_warm_pool(AutoScalingGroupName=group, PoolState="Stopped")
