"""An EBS volume, where it is attached, and what was made to take its place; fields as EC2 calls them."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from signalbox.compliance.model import Configuration

# Of snapshots and copies: whose they are, which kind of snapshot, and where the volume belongs meanwhile.
FINDING_TAG = "signalbox:finding"
TAKEN_TAG = "signalbox:taken"
INSTANCE_TAG = "signalbox:instance"
# Of an instance, while one of its volumes is swapped: of another one the swap waits.
HELD_FOR_TAG = "signalbox:held-for"
# Of the volume that is kept.
KEPT_FOR_TAG = "signalbox:kept-for"
KEPT_SINCE_TAG = "signalbox:kept-since"
OUR_TAGS = frozenset({FINDING_TAG, TAKEN_TAG, INSTANCE_TAG, KEPT_FOR_TAG, KEPT_SINCE_TAG})
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
    """Of what `configuration_of` made, also after it was stored."""
    return msgspec.convert(configuration, VolumeState)


def configuration_of(volume: VolumeState) -> Configuration:
    """As it is stored and compared: only of what JSON knows."""
    found: Configuration = msgspec.json.decode(msgspec.json.encode(volume))
    return found
