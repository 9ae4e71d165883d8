"""Makes the writes of remediations: an allow-list of operations, each called once, as it is written."""

from collections.abc import Mapping

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import code_of, is_passing
from signalbox.compliance.model import Write
from signalbox.kernel.errors import Rejected, Transient

# (service, operation) -> errors that mean "it is so already"
ALLOWED: Mapping[tuple[str, str], frozenset[str]] = {
    ("cloudtrail", "StartLogging"): frozenset(),
    ("cloudtrail", "StopLogging"): frozenset(),
    ("ec2", "AttachVolume"): frozenset(),
    ("ec2", "AuthorizeSecurityGroupIngress"): frozenset({"InvalidPermission.Duplicate"}),
    ("ec2", "CreateSnapshot"): frozenset(),
    ("ec2", "CreateTags"): frozenset(),
    ("ec2", "CreateVolume"): frozenset(),
    ("ec2", "DeleteSnapshot"): frozenset({"InvalidSnapshot.NotFound"}),
    ("ec2", "DeleteTags"): frozenset(),
    ("ec2", "DeleteVolume"): frozenset({"InvalidVolume.NotFound"}),
    ("ec2", "DetachVolume"): frozenset(),
    ("ec2", "DisableEbsEncryptionByDefault"): frozenset(),
    ("ec2", "EnableEbsEncryptionByDefault"): frozenset(),
    ("ec2", "ModifyInstanceAttribute"): frozenset(),
    ("ec2", "ModifyInstanceMetadataOptions"): frozenset(),
    ("ec2", "RevokeSecurityGroupIngress"): frozenset({"InvalidPermission.NotFound"}),
    ("ec2", "StartInstances"): frozenset(),
    ("ec2", "StopInstances"): frozenset(),
    ("rds", "AddTagsToResource"): frozenset(),
    ("rds", "CopyDBSnapshot"): frozenset({"DBSnapshotAlreadyExists"}),
    ("rds", "CreateDBSnapshot"): frozenset({"DBSnapshotAlreadyExists"}),
    ("rds", "DeleteDBInstance"): frozenset({"DBInstanceNotFound"}),
    ("rds", "DeleteDBSnapshot"): frozenset({"DBSnapshotNotFound"}),
    ("rds", "ModifyDBInstance"): frozenset(),
    ("rds", "RemoveTagsFromResource"): frozenset(),
    ("rds", "RestoreDBInstanceFromDBSnapshot"): frozenset({"DBInstanceAlreadyExists"}),
    ("s3", "DeletePublicAccessBlock"): frozenset(),
    ("s3", "PutPublicAccessBlock"): frozenset(),
}
# What it is busy with passes.
BUSY = frozenset({
    "ConcurrentSnapshotLimitExceeded", "IncorrectInstanceState", "IncorrectState",
    "InsufficientDBInstanceCapacity", "InsufficientInstanceCapacity", "InvalidDBInstanceState",
    "InvalidDBSnapshotState", "OperationAborted",
    "SnapshotCreationPerVolumeRateExceeded", "VolumeInUse",
})  # fmt: skip


def make(write: Write) -> None:
    """Raises Rejected for an operation that is not on the list, or that AWS definitely refused; Transient for
    what may pass."""
    settled = ALLOWED.get((write.service, write.operation))
    if settled is None:
        raise Rejected(f"{write.service}:{write.operation} is not a write of Signalbox")
    method = getattr(client(write.service, once=True), xform_name(write.operation))  # type: ignore[call-overload]
    try:
        method(**write.parameters)
    except ClientError as error:
        if code_of(error) in settled:
            return
        kind = Transient if is_passing(error) or code_of(error) in BUSY else Rejected
        raise kind(f"{write.operation}: {error}") from error
    except BotoCoreError as error:
        raise Transient(f"{write.operation}: {error}") from error
