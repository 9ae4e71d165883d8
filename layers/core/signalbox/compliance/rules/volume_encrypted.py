"""EBS volumes in use are encrypted. None can be encrypted in place: an encrypted copy takes its place."""

from datetime import timedelta

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, non_compliant
from signalbox.compliance.rules.volume_stages import WAYS
from signalbox.compliance.rules.volume_state import VolumeState, volume_in
from signalbox.compliance.rules.volume_swap import NAME

_AT_REST = ("running", "stopped")


def _judge(configuration: Configuration) -> Judgement:
    volume = volume_in(configuration)
    if volume.Encrypted:
        return compliant("it is encrypted")
    if volume.Attachments:
        return non_compliant(f"it is not encrypted, and {volume.Attachments[0].InstanceId} uses it")
    copies = [copy.VolumeId for copy in volume.Copies if copy.Encrypted]
    if volume.KeptSince and copies:
        return compliant(f"the encrypted {copies[0]} has taken its place; it is kept")
    return non_compliant("it is not encrypted")


def _obstacle(configuration: Configuration) -> str:
    volume = volume_in(configuration)
    made = [*(each.VolumeId for each in volume.Copies), *(each.SnapshotId for each in volume.Snapshots)]
    if made:
        return (
            f"an earlier attempt has left {', '.join(made)}: see whether somebody needs that, and delete it"
        )
    if len(volume.Attachments) > 1:
        return "several instances use it at the same time: they would have to stop together"
    if volume.Attachments and volume.Attachments[0].State != "attached":
        return f"it is {volume.Attachments[0].State}: wait until it is attached"
    return _of_host(volume) if volume.Attachments else ""


def _of_host(volume: VolumeState) -> str:
    """What keeps its instance from being stopped and started again."""
    host = volume.Instance
    if host is None:
        return f"its instance {volume.Attachments[0].InstanceId} cannot be seen"
    reasons = (
        (not host.Managed, "has no tag signalbox:managed=true: its owner has not entrusted it"),
        (bool(host.Group), f"belongs to the Auto Scaling group {host.Group}, which would replace it"),
        (bool(host.Lifecycle), f"is a {host.Lifecycle} instance: nobody can be sure that it starts again"),
        (host.RootDeviceType != "ebs", "has its root on an instance store, and cannot be stopped"),
        (bool(host.HeldFor), f"is held for finding {host.HeldFor}: ask again when that is over"),
        (host.InstanceStore, "has an instance store, which loses what is on it when it stops"),
        (host.StopProtected, "is protected from being stopped"),
        (host.State not in _AT_REST, f"is {host.State}: wait until it is running or stopped"),
    )
    return next((f"its instance {host.InstanceId} {why}" for applies, why in reasons if applies), "")


def _restored(configuration: Configuration) -> Configuration:
    """Where it is attached and how its instance is, and that nothing is left of what was made."""
    volume = volume_in(configuration)
    return {
        "Attachments": configuration["Attachments"],
        "Instance": volume.Instance.State if volume.Instance else "",
        "HeldFor": volume.Instance.HeldFor if volume.Instance else "",
        "Snapshots": configuration["Snapshots"],
        "Copies": configuration["Copies"],
        "KeptSince": volume.KeptSince,
    }


RULE = Rule(
    name=NAME,
    title="EBS volumes in use are encrypted",
    identifier="ENCRYPTED_VOLUMES",
    resource_type="AWS::EC2::Volume",
    judge=_judge,
    playbook=Playbook(
        mode=Mode.APPROVE,
        danger=Danger.INTERRUPTS,
        obstacle=_obstacle,
        act=WAYS.act,
        undo=WAYS.undo,
        restored=_restored,
        within=timedelta(minutes=30),
        stages=WAYS.stages,
    ),
)
