"""A volume whose place an encrypted copy takes: what there is of it by now, and the writes of each stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from signalbox.compliance.model import Resource, Subject, Write
from signalbox.compliance.rules.marks import (
    FINDING_TAG,
    HELD_FOR_TAG,
    INSTANCE_TAG,
    KEPT_FOR_TAG,
    KEPT_SINCE_TAG,
    MANAGED,
    TAKEN_TAG,
    as_tags,
)
from signalbox.compliance.rules.volume_state import FINAL, Attachment, Copy, Snapshot, VolumeState

NAME = "volume-encrypted"
_DATE = len("2026-11-30")


@dataclass(frozen=True, kw_only=True)
class Swap:
    """A volume as it was before, and all of it as it is now."""

    resource: Resource
    before: VolumeState
    now: VolumeState

    @property
    def finding(self) -> str:
        return Subject(rule=NAME, resource=self.resource).finding_id

    @property
    def is_attached(self) -> bool:
        """Whether it belongs to an instance."""
        return bool(self.before.Attachments)

    @property
    def place(self) -> Attachment:
        """Where it belongs."""
        return self.before.Attachments[0]

    @property
    def was_running(self) -> bool:
        return self.before.Instance is not None and self.before.Instance.State == "running"

    @property
    def held_for(self) -> str:
        """The finding for which the instance is held."""
        return self.now.Instance.HeldFor if self.now.Instance else ""

    def stands(self, *states: str) -> bool:
        """Whether the instance is in one of those states."""
        return self.now.Instance is not None and self.now.Instance.State in states

    def here(self, attachments: Sequence[Attachment]) -> Attachment | None:
        """The one at the volume's place."""
        if not self.is_attached:
            return None
        at = (self.place.InstanceId, self.place.Device)
        return next((one for one in attachments if (one.InstanceId, one.Device) == at), None)

    @cached_property
    def copy(self) -> Copy | None:
        """Of the snapshot that counts; the one that is in place is never given up."""
        in_place = next((each for each in self.now.Copies if each.Attachments), None)
        final = self.final
        of_final = (each for each in self.now.Copies if final and each.SnapshotId == final.SnapshotId)
        return in_place or next(of_final, None)

    @property
    def final(self) -> Snapshot | None:
        """The newest, unless the instance has started again since: it would miss what was written."""
        started = self.now.Instance.LaunchTime if self.now.Instance else ""
        return self.taken(FINAL, after=started)

    def taken(self, which: str, after: str = "") -> Snapshot | None:
        """The newest snapshot of that kind."""
        found = [each for each in self.now.Snapshots if each.Taken == which and each.StartTime >= after]
        return max(found, key=lambda each: each.StartTime, default=None)

    @property
    def copy_id(self) -> str:
        return self.copy.VolumeId if self.copy else "<encrypted copy>"

    @property
    def copy_here(self) -> Attachment | None:
        return self.here(self.copy.Attachments) if self.copy else None

    @property
    def volume_here(self) -> Attachment | None:
        return self.here(self.now.Attachments)


def _ec2(operation: str, **parameters: object) -> Write:
    return Write(service="ec2", operation=operation, parameters=parameters)


def snapshot(swap: Swap, which: str) -> Write:
    held = {INSTANCE_TAG: swap.place.InstanceId} if swap.is_attached else {}
    tags = {**MANAGED, **held, FINDING_TAG: swap.finding, TAKEN_TAG: which}
    return _ec2(
        "CreateSnapshot",
        VolumeId=swap.resource.id,
        Description=f"Signalbox {swap.finding}: {which} snapshot of {swap.resource.id}",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": as_tags(tags)}],
    )


def create_copy(swap: Swap) -> Write:
    """With the account's key for EBS. Twice the same token is one volume."""
    volume, snapshot = swap.before, swap.final.SnapshotId if swap.final else "<final snapshot>"
    shape = {"Iops": volume.Iops, "Throughput": volume.Throughput}
    tags = {**volume.Tags, **MANAGED, FINDING_TAG: swap.finding}
    return _ec2(
        "CreateVolume",
        SnapshotId=snapshot,
        Encrypted=True,
        AvailabilityZone=volume.AvailabilityZone,
        VolumeType=volume.VolumeType,
        Size=volume.Size,
        **{name: value for name, value in shape.items() if value is not None},
        **({"MultiAttachEnabled": True} if volume.MultiAttachEnabled else {}),
        ClientToken=f"{swap.finding}-{snapshot}",
        TagSpecifications=[{"ResourceType": "volume", "Tags": as_tags(tags)}],
    )


def hold(swap: Swap) -> Write:
    tags = as_tags({HELD_FOR_TAG: swap.finding})
    return _ec2("CreateTags", Resources=[swap.place.InstanceId], Tags=tags)


def release(swap: Swap) -> Write:
    return _ec2("DeleteTags", Resources=[swap.place.InstanceId], Tags=[{"Key": HELD_FOR_TAG}])


def of_instance(operation: str, swap: Swap) -> Write:
    return _ec2(operation, InstanceIds=[swap.place.InstanceId])


def put(operation: str, volume: str, swap: Swap) -> Write:
    return _ec2(operation, VolumeId=volume, InstanceId=swap.place.InstanceId, Device=swap.place.Device)


def delete_with_instance(swap: Swap) -> Write:
    """As it was: a volume that is attached anew outlives its instance otherwise."""
    mapping = {"DeviceName": swap.place.Device, "Ebs": {"DeleteOnTermination": True}}
    return _ec2("ModifyInstanceAttribute", InstanceId=swap.place.InstanceId, BlockDeviceMappings=[mapping])


def keep(swap: Swap) -> Write:
    final = swap.taken(FINAL)
    since = final.StartTime[:_DATE] if final else "<today>"
    tags = {KEPT_FOR_TAG: swap.finding, KEPT_SINCE_TAG: since}
    return _ec2("CreateTags", Resources=[swap.resource.id], Tags=as_tags(tags))


def keep_no_longer(swap: Swap) -> Write:
    tags = [{"Key": key} for key in (KEPT_FOR_TAG, KEPT_SINCE_TAG)]
    return _ec2("DeleteTags", Resources=[swap.resource.id], Tags=tags)


def delete_copy(swap: Swap) -> Write:
    return _ec2("DeleteVolume", VolumeId=swap.now.Copies[0].VolumeId if swap.now.Copies else swap.copy_id)


def delete_snapshot(swap: Swap) -> Write:
    found = swap.now.Snapshots
    return _ec2("DeleteSnapshot", SnapshotId=found[0].SnapshotId if found else "<each snapshot>")
