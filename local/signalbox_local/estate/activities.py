"""Scaling activities, as DescribeScalingActivities lists them and as EC2 Auto Scaling tells of them."""

import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from moto.autoscaling.models import Activity, FakeAutoScalingGroup
from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance

Ending = Literal["Launch Successful", "Launch Unsuccessful", "Terminate Successful", "Terminate Unsuccessful"]
Status = Literal["Successful", "Failed", "Cancelled"]


class ScalingActivity(Activity):
    """One launch or termination, from its beginning to its end."""

    def __init__(self, group: FakeAutoScalingGroup, description: str, cause: str) -> None:
        super().__init__(description, cause, group)
        self.auto_scaling_group_arn = group.arn
        self.details = "{}"
        self.status_message = ""

    def end(self, status: Status, message: str = "") -> None:
        self.end_time = utcnow()
        self.status_code = status
        self.status_message = message
        self.progress = 100


def launch_activity(group: FakeAutoScalingGroup, instance_id: str | None) -> ScalingActivity:
    """A launch that closes the gap between the group's size and its desired capacity."""
    name = f"Launching a new EC2 instance: {instance_id}" if instance_id else "Launching a new EC2 instance"
    cause = (
        f"At {_stamp()} an instance was started in response to a difference between desired and actual "
        f"capacity, increasing the capacity to {group.desired_capacity}."
    )
    return ScalingActivity(group, name, cause)


def termination_activity(group: FakeAutoScalingGroup, instance_id: str, why: str) -> ScalingActivity:
    """A termination; `why` completes "the instance was taken out of service …"."""
    cause = f"At {_stamp()} instance {instance_id} was taken out of service {why}."
    return ScalingActivity(group, f"Terminating EC2 instance: {instance_id}", cause)


def scaling_event(ending: Ending, activity: ScalingActivity, instance: Instance | None) -> dict[str, Any]:
    """The event of an ended activity, to be put into an envelope."""
    group = activity.auto_scaling_group
    launched = ending.startswith("Launch")
    return {
        "source": "aws.autoscaling",
        "detail-type": f"EC2 Instance {ending}",
        "resources": [group.arn, *([_instance_arn(instance)] if instance else [])],
        "detail": {
            "StatusCode": "InProgress" if ending.endswith(" Successful") else "Failed",
            "Description": activity.description,
            "AutoScalingGroupName": group.name,
            "ActivityId": activity.activity_id,
            "Details": _details(instance),
            "RequestId": str(uuid.uuid4()),
            "StatusMessage": activity.status_message,
            "EndTime": _iso(activity.end_time),
            "EC2InstanceId": instance.id if instance else "",
            "StartTime": _iso(activity.start_time),
            "Cause": activity.cause,
            "Origin": "EC2" if launched else "AutoScalingGroup",
            "Destination": "AutoScalingGroup" if launched else "EC2",
        },
    }


def _details(instance: Instance | None) -> dict[str, str | None]:
    if instance is None:
        return {}
    return {"Subnet ID": instance.subnet_id, "Availability Zone": instance.availability_zone}


def _instance_arn(instance: Instance) -> str:
    backend = instance.ec2_backend
    prefix = f"arn:{backend.partition}:ec2:{backend.region_name}"
    return f"{prefix}:{instance.owner_id}:instance/{instance.id}"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
