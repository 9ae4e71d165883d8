"""EBS volumes, the instance of each, and what Signalbox has made of one: at most six calls."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.compliance.resources.tags import tags_in, tags_of_owner
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Observed, Resource, Subject
from signalbox.compliance.rules.configurations import configuration_of
from signalbox.compliance.rules.marks import (
    FINDING_TAG,
    HELD_FOR_TAG,
    INSTANCE_TAG,
    KEPT_SINCE_TAG,
    MANAGED,
    TAKEN_TAG,
)
from signalbox.compliance.rules.volume_state import (
    Attachment,
    Copy,
    Host,
    Snapshot,
    VolumeState,
)
from signalbox.compliance.rules.volume_swap import NAME
from signalbox.kernel.clock import rfc3339

_GONE = frozenset({"InvalidVolume.NotFound", "InvalidParameterValue"})
_NO_INSTANCE = frozenset({"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"})
_GOING = frozenset({"deleting", "deleted"})
# EC2 tells these of other types too, and refuses them there at the making.
_TAKE_IOPS = frozenset({"gp3", "io1", "io2"})
_TAKE_THROUGHPUT = frozenset({"gp3"})


def observe(resource: Resource) -> Observed | None:
    """The instance is that of the volume or, while it has none, the one that our snapshots name."""
    volume = _volume(resource.id)
    if volume is None or volume["State"] in _GOING:
        return None
    marked = [{"Name": f"tag:{FINDING_TAG}", "Values": [Subject(rule=NAME, resource=resource).finding_id]}]
    ec2: Any = client("ec2")
    with aws_errors():
        snapshots = ec2.describe_snapshots(OwnerIds=["self"], Filters=marked)["Snapshots"]
        copies = ec2.describe_volumes(Filters=marked)["Volumes"]
    host = _host(volume, snapshots)
    tags = tags_in(volume.get("Tags", []))
    return Observed(
        configuration=configuration_of(_state(volume, host, snapshots, copies)),
        name=tags.get("Name") or (_named(host) if host else ""),
        tags=tags,
    )


def _volume(volume_id: str) -> dict[str, Any] | None:
    with aws_errors():
        try:
            found: list[Any] = list(client("ec2").describe_volumes(VolumeIds=[volume_id])["Volumes"])
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
    return found[0] if found else None


def _host(volume: Mapping[str, Any], snapshots: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """As EC2 describes it, with what speaks against stopping it."""
    held = [each.get("InstanceId") for each in volume.get("Attachments", [])]
    meant = [tags_in(each.get("Tags", [])).get(INSTANCE_TAG) for each in snapshots]
    instance = next((id_ for id_ in (*held, *meant) if id_), None)
    if instance is None:
        return None
    ec2 = client("ec2")
    with aws_errors():
        try:
            answer = ec2.describe_instances(InstanceIds=[instance])
            attribute = ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiStop")
        except ClientError as error:
            if code_of(error) in _NO_INSTANCE:
                return None
            raise
    found: list[Any] = [each for group in answer["Reservations"] for each in group.get("Instances", [])]
    if not found:
        return None
    protected = bool(attribute.get("DisableApiStop", {}).get("Value"))
    return {**found[0], "StopProtected": protected, "InstanceStore": _has_store(found[0]["InstanceType"])}


def _has_store(type_: Any) -> bool:
    with aws_errors():
        answer = client("ec2").describe_instance_types(InstanceTypes=[type_])
    return any(each.get("InstanceStorageSupported") for each in answer["InstanceTypes"])


def _named(host: Mapping[str, Any]) -> str:
    return tags_in(host.get("Tags", [])).get("Name", "")


def _state(
    volume: Mapping[str, Any],
    host: Mapping[str, Any] | None,
    snapshots: Iterable[Mapping[str, Any]],
    copies: Iterable[Mapping[str, Any]],
) -> VolumeState:
    type_, tags = volume["VolumeType"], tags_in(volume.get("Tags", []))
    return VolumeState(
        Encrypted=bool(volume["Encrypted"]),
        State=volume["State"],
        AvailabilityZone=volume["AvailabilityZone"],
        VolumeType=type_,
        Size=volume["Size"],
        Iops=volume.get("Iops") if type_ in _TAKE_IOPS else None,
        Throughput=volume.get("Throughput") if type_ in _TAKE_THROUGHPUT else None,
        MultiAttachEnabled=bool(volume.get("MultiAttachEnabled")),
        Tags=tags_of_owner(tags),
        Attachments=tuple(_attachments(volume, host)),
        Instance=_instance(host) if host else None,
        Snapshots=tuple(sorted((_snapshot(each) for each in snapshots), key=lambda each: each.StartTime)),
        Copies=tuple(
            Copy(
                VolumeId=each["VolumeId"],
                SnapshotId=each.get("SnapshotId", ""),
                State=each["State"],
                Encrypted=bool(each["Encrypted"]),
                Attachments=tuple(_attachments(each, host)),
            )
            for each in sorted(copies, key=lambda each: str(each["VolumeId"]))
            if each["State"] not in _GOING and each["VolumeId"] != volume["VolumeId"]
        ),
        KeptSince=tags.get(KEPT_SINCE_TAG, ""),
    )


def _attachments(volume: Mapping[str, Any], host: Mapping[str, Any] | None) -> Iterator[Attachment]:
    """What goes with its instance, the instance says."""
    devices = host.get("BlockDeviceMappings", []) if host else []
    goes = {each["Ebs"]["VolumeId"]: bool(each["Ebs"].get("DeleteOnTermination")) for each in devices}
    for each in volume.get("Attachments", []):
        if each["State"] != "detached":
            yield Attachment(
                # Tasks of Fargate use volumes, too.
                InstanceId=each.get("InstanceId") or each.get("AssociatedResource", ""),
                Device=each.get("Device", ""),
                State=each["State"],
                DeleteOnTermination=goes.get(volume["VolumeId"], False),
            )


def _instance(host: Mapping[str, Any]) -> Host:
    tags = tags_in(host.get("Tags", []))
    return Host(
        InstanceId=host["InstanceId"],
        State=host["State"]["Name"],
        LaunchTime=rfc3339(host["LaunchTime"]),
        Managed=tags.items() >= MANAGED.items(),
        RootDeviceType=host.get("RootDeviceType", "ebs"),
        Lifecycle=host.get("InstanceLifecycle", ""),
        Group=tags.get("aws:autoscaling:groupName", ""),
        StopProtected=host["StopProtected"],
        InstanceStore=host["InstanceStore"],
        HeldFor=tags.get(HELD_FOR_TAG, ""),
    )


def _snapshot(found: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        SnapshotId=found["SnapshotId"],
        State=found["State"],
        Taken=tags_in(found.get("Tags", [])).get(TAKEN_TAG, ""),
        StartTime=rfc3339(found["StartTime"]),
    )
