"""For contrast: a version brought in all at once, by hand, and taken back when somebody notices."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from signalbox_local.owner import Aws, await_healthy
from signalbox_local.rehearsal.replica import Replica

LOOK_EVERY = 0.2
PATIENCE = 30.0  # seconds until the alarm goes off
NOTICED_AFTER = 300.0  # seconds from an alarm to a person who acts on it: five minutes is quick


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """When it began and ended, in epoch seconds, and how long it took to bring the old version back."""

    began: float
    ended: float
    restoring: float


def all_at_once(aws: Aws, service: Replica, image: str, speed: float, say: Callable[[str], None]) -> ByHand:
    """Every instance at once; after the alarm and the time until somebody notices, every instance back."""
    began = time.time()
    before = _group(aws, service)["LaunchTemplate"]["Version"]
    say("every instance is replaced at once")
    _replace_all(aws, service, _new_version(aws, service, image, before))
    _await_alarm(aws, service.alarms[0])
    say("the alarm is red, and nobody listens to it yet")
    time.sleep(NOTICED_AFTER / speed)
    say("somebody notices and brings the old version back, all at once")
    noticed = time.time()
    _replace_all(aws, service, before)
    await_healthy(aws, service.target_groups[0], int(_group(aws, service)["DesiredCapacity"]))
    return ByHand(began=began, ended=time.time(), restoring=time.time() - noticed)


def _group(aws: Aws, service: Replica) -> dict[str, Any]:
    found = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[service.groups[0]])
    return dict(found["AutoScalingGroups"][0])


def _new_version(aws: Aws, service: Replica, image: str, source: str) -> str:
    made = aws("ec2").create_launch_template_version(
        LaunchTemplateId=service.template, SourceVersion=source, LaunchTemplateData={"ImageId": image}
    )
    return str(made["LaunchTemplateVersion"]["VersionNumber"])


def _replace_all(aws: Aws, service: Replica, version: str) -> None:
    autoscaling, group = aws("autoscaling"), _group(aws, service)
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=service.groups[0],
        LaunchTemplate={"LaunchTemplateId": service.template, "Version": version},
    )
    for instance in group["Instances"]:
        autoscaling.terminate_instance_in_auto_scaling_group(
            InstanceId=instance["InstanceId"], ShouldDecrementDesiredCapacity=False
        )


def _await_alarm(aws: Aws, name: str) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        if [alarm["StateValue"] for alarm in found] == ["ALARM"]:
            return
        time.sleep(LOOK_EVERY)
    raise TimeoutError(f"the alarm {name} has not gone off")
