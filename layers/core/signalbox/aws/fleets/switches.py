"""The adapter of each kind."""

from importlib import import_module

from signalbox.fleets.model import Kind
from signalbox.fleets.switches import Switch

_CLASSES = {
    Kind.EC2: "Ec2Switch",
    Kind.AUTOSCALING: "AutoScalingSwitch",
    Kind.RDS: "RdsSwitch",
    Kind.CLUSTER: "ClusterSwitch",
    Kind.ECS: "EcsSwitch",
    Kind.BEANSTALK: "BeanstalkSwitch",
    Kind.WORKSPACES: "WorkspacesSwitch",
    Kind.APPSTREAM: "AppStreamSwitch",
}


def switch_of(kind: Kind) -> Switch:
    """Loaded when it is asked for: a fleet of instances needs no desktops."""
    module = import_module(f"signalbox.aws.fleets.kinds.{kind.value}")
    made: Switch = getattr(module, _CLASSES[kind])()
    return made
