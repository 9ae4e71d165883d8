"""An EBS volume, where it is attached, and what was made to take its place; fields as EC2 calls them."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from signalbox.compliance.model import Configuration

# A snapshot of before it stands still, which makes the second one quick; and the one that counts.
AHEAD, FINAL = "ahead", "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """`State` is attaching, attached, detaching or busy."""

    InstanceId: str
    Device: str
    State: str
    DeleteOnTermination: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The one to which the volume belongs. `Managed`: its owner has entrusted it; `Group`: the Auto Scaling
    group that it is in; `InstanceStore`: it has disks that lose all when it stops; `HeldFor`: the finding
    whose fix needs it."""

    InstanceId: str
    State: str
    LaunchTime: str
    Managed: bool
    RootDeviceType: str
    Lifecycle: str
    Group: str
    StopProtected: bool
    InstanceStore: bool
    HeldFor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One that Signalbox has made; `Taken` says which."""

    SnapshotId: str
    State: str
    Taken: str
    StartTime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An encrypted volume that Signalbox has made of a snapshot."""

    VolumeId: str
    SnapshotId: str
    State: str
    Encrypted: bool
    Attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeState:
    """`Iops` and `Throughput` only where they can be given at its making; `Tags` are those of its owner."""

    Encrypted: bool
    State: str
    AvailabilityZone: str
    VolumeType: str
    Size: int
    Iops: int | None
    Throughput: int | None
    MultiAttachEnabled: bool
    Tags: Mapping[str, str]
    Attachments: tuple[Attachment, ...]
    Instance: Host | None
    Snapshots: tuple[Snapshot, ...]
    Copies: tuple[Copy, ...]
    KeptSince: str


def volume_in(configuration: Configuration) -> VolumeState:
    """Of what was read, also after it was stored."""
    return msgspec.convert(configuration, VolumeState)
