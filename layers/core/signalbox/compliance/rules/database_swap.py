"""A database whose place an encrypted copy takes: what there is of it, and the writes of each stage."""

from dataclasses import dataclass

from signalbox.compliance.model import Resource, Subject, Write
from signalbox.compliance.rules.database_state import DatabaseSnapshot, DatabaseState
from signalbox.compliance.rules.marks import (
    DATABASE_TAG,
    FINDING_TAG,
    KEPT_FOR_TAG,
    KEPT_SINCE_TAG,
    MANAGED,
    as_tags,
)

NAME = "database-encrypted"
AHEAD, FINAL, ENCRYPTED = "ahead", "final", "encrypted"
SNAPSHOTS = (AHEAD, FINAL, ENCRYPTED)
KEY = "alias/aws/rds"
# What RDS says while an instance gets another name.
RENAMING = ("modifying", "rebooting", "renaming")
_MARK = 8  # digits of the finding in names of instances
_LONGEST = 45  # characters of a name that are left of it: RDS takes 63


def snapshot_name(finding: str, which: str) -> str:
    """RDS takes names, and none of them twice: what is made twice is there once."""
    return f"signalbox-{finding.removeprefix('c-')}-{which}"


def name_of(database: str, what: str, finding: str) -> str:
    """The database's `kept` name, or that of its copy while it is `new`."""
    return f"{database[:_LONGEST].rstrip('-')}-{what}-{finding.removeprefix('c-')[:_MARK]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSwap:
    """A database as it was before, and all of it as it is now."""

    resource: Resource
    before: DatabaseState
    now: DatabaseState

    @property
    def finding(self) -> str:
        return Subject(rule=NAME, resource=self.resource).finding_id

    @property
    def name(self) -> str:
        """Under which it serves."""
        return self.before.DBInstanceIdentifier

    @property
    def kept(self) -> str:
        return name_of(self.name, "kept", self.finding)

    @property
    def new(self) -> str:
        return name_of(self.name, "new", self.finding)

    @property
    def copy_name(self) -> str:
        return self.now.Copy.DBInstanceIdentifier if self.now.Copy else self.new

    @property
    def is_protected(self) -> bool:
        return self.before.Restored.get("DeletionProtection") is True

    def called(self, name: str) -> bool:
        """Whether it has that name; it may be backed up under it."""
        return self.now.DBInstanceIdentifier == name and self.now.DBInstanceStatus not in RENAMING

    def snapshot(self, which: str) -> DatabaseSnapshot | None:
        name = snapshot_name(self.finding, which)
        return next((each for each in self.now.Snapshots if each.DBSnapshotIdentifier == name), None)

    def has(self, which: str) -> bool:
        """Whether that snapshot is there and complete."""
        found = self.snapshot(which)
        return found is not None and found.Status == "available"

    def copy_is(self, *statuses: str) -> bool:
        return self.now.Copy is not None and self.now.Copy.DBInstanceStatus in statuses

    def arn(self, name: str) -> str:
        return f"{self.before.DBInstanceArn.rpartition(':')[0]}:{name}"


def _rds(operation: str, **parameters: object) -> Write:
    return Write(service="rds", operation=operation, parameters=parameters)


def _of_snapshots(swap: DatabaseSwap) -> list[dict[str, str]]:
    return as_tags({**MANAGED, FINDING_TAG: swap.finding, DATABASE_TAG: swap.name})


def take(swap: DatabaseSwap, which: str, database: str) -> Write:
    return _rds(
        "CreateDBSnapshot",
        DBSnapshotIdentifier=snapshot_name(swap.finding, which),
        DBInstanceIdentifier=database,
        Tags=_of_snapshots(swap),
    )


def encrypt(swap: DatabaseSwap) -> Write:
    """With the account's key for RDS."""
    return _rds(
        "CopyDBSnapshot",
        SourceDBSnapshotIdentifier=snapshot_name(swap.finding, FINAL),
        TargetDBSnapshotIdentifier=snapshot_name(swap.finding, ENCRYPTED),
        KmsKeyId=KEY,
        Tags=_of_snapshots(swap),
    )


def restore(swap: DatabaseSwap) -> Write:
    """Under a name that nobody knows: until it has the database's, going back loses nothing."""
    tags = {**swap.before.Tags, **MANAGED, FINDING_TAG: swap.finding}
    return _rds(
        "RestoreDBInstanceFromDBSnapshot",
        DBInstanceIdentifier=swap.new,
        DBSnapshotIdentifier=snapshot_name(swap.finding, ENCRYPTED),
        **swap.before.Restored,
        Tags=as_tags(tags),
    )


def modify(name: str, **changed: object) -> Write:
    return _rds("ModifyDBInstance", DBInstanceIdentifier=name, ApplyImmediately=True, **changed)


def rename(old: str, new: str) -> Write:
    """The instance restarts with it: whoever was connected is not any more."""
    return modify(old, NewDBInstanceIdentifier=new)


def keep(swap: DatabaseSwap) -> Write:
    final = swap.snapshot(FINAL)
    tags = as_tags({KEPT_FOR_TAG: swap.finding, KEPT_SINCE_TAG: final.Day if final else "<today>"})
    return _rds("AddTagsToResource", ResourceName=swap.arn(swap.kept), Tags=tags)


def keep_no_longer(swap: DatabaseSwap) -> Write:
    keys = [KEPT_FOR_TAG, KEPT_SINCE_TAG]
    return _rds("RemoveTagsFromResource", ResourceName=swap.arn(swap.name), TagKeys=keys)


def delete_copy(swap: DatabaseSwap) -> Write:
    """It has served nobody."""
    given = {"SkipFinalSnapshot": True, "DeleteAutomatedBackups": True}
    return _rds("DeleteDBInstance", DBInstanceIdentifier=swap.copy_name, **given)


def delete_snapshot(swap: DatabaseSwap) -> Write:
    found = swap.now.Snapshots
    name = found[0].DBSnapshotIdentifier if found else "<each snapshot>"
    return _rds("DeleteDBSnapshot", DBSnapshotIdentifier=name)
