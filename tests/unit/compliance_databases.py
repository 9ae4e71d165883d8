"""A database in memory and what is made of it: RDS does each write, and then takes its time."""

from typing import Any

from signalbox.compliance.model import Configuration
from signalbox.compliance.rules.configurations import configuration_of
from signalbox.compliance.rules.database_state import DatabaseState
from signalbox.compliance.rules.marks import FINDING_TAG, KEPT_SINCE_TAG

ORDERS = "orders"
ARN = "arn:aws:rds:eu-west-1:123456789012:db:orders"


def unencrypted(**more: Any) -> Configuration:
    return configuration_of(
        DatabaseState(
            **{
                "DBInstanceIdentifier": ORDERS, "DBInstanceArn": ARN, "DBInstanceStatus": "available",
                "StorageEncrypted": False, "Cluster": "", "Replicas": (),
                "Restored": {"DBInstanceClass": "db.t3.medium", "DeletionProtection": True},
                "Modified": {"PreferredMaintenanceWindow": "sun:02:00-sun:03:00"}, "Lost": (), "Pending": (),
                "Tags": {"env": "qa"}, "Snapshots": (), "Copy": None, "KeptSince": "", **more,
            }
        )
    )  # fmt: skip


def _snapshot(of: Any, name: str, *, encrypted: bool) -> None:
    if name not in [each["DBSnapshotIdentifier"] for each in of["Snapshots"]]:
        made = {"DBSnapshotIdentifier": name, "Status": "creating", "Encrypted": encrypted}
        of["Snapshots"].append({**made, "Day": "2026-11-22"})


def _create_snapshot(of: Any, given: Any) -> None:
    assert given["DBInstanceIdentifier"] == of["DBInstanceIdentifier"]
    if given["DBSnapshotIdentifier"].endswith("-final"):
        assert of["DBInstanceIdentifier"] != ORDERS, "what is written later is lost"
    _snapshot(of, given["DBSnapshotIdentifier"], encrypted=False)
    of["DBInstanceStatus"] = "backing-up"


def _copy_snapshot(of: Any, given: Any) -> None:
    (source,) = [
        e for e in of["Snapshots"] if e["DBSnapshotIdentifier"] == given["SourceDBSnapshotIdentifier"]
    ]
    assert source["Status"] == "available"
    assert given["KmsKeyId"]
    _snapshot(of, given["TargetDBSnapshotIdentifier"], encrypted=True)


def _restore(of: Any, given: Any) -> None:
    (source,) = [e for e in of["Snapshots"] if e["DBSnapshotIdentifier"] == given["DBSnapshotIdentifier"]]
    assert source["Encrypted"]
    assert given.items() >= of["Restored"].items()
    assert FINDING_TAG in [tag["Key"] for tag in given["Tags"]]
    of["Copy"] = of["Copy"] or {
        "DBInstanceIdentifier": given["DBInstanceIdentifier"],
        "DBInstanceStatus": "creating",
        "StorageEncrypted": True,
        "DeletionProtection": given["DeletionProtection"],
        "Modified": {"PreferredMaintenanceWindow": "mon:04:00-mon:05:00"},
    }


def modify(of: Any, given: Any) -> None:
    """What is asked for at once."""
    copy = of["Copy"]
    is_copy = copy is not None and copy["DBInstanceIdentifier"] == given["DBInstanceIdentifier"]
    one = copy if is_copy else of
    if one["DBInstanceIdentifier"] != given["DBInstanceIdentifier"]:
        return  # it has its other name already
    if "NewDBInstanceIdentifier" in given:
        one.update(DBInstanceStatus="renaming", Next=given["NewDBInstanceIdentifier"])
        return
    one["DBInstanceStatus"] = "modifying"
    one["DeletionProtection"] = given.get("DeletionProtection", one.get("DeletionProtection"))
    window = {name: given[name] for name in one["Modified"] if name in given}
    one["Modified"] = {**one["Modified"], **window}


def _delete(of: Any, given: Any) -> None:
    assert of["Copy"]["DBInstanceIdentifier"] == given["DBInstanceIdentifier"]
    assert not of["Copy"]["DeletionProtection"]
    of["Copy"]["DBInstanceStatus"] = "deleting"


def _delete_snapshot(of: Any, given: Any) -> None:
    of["Snapshots"] = [
        each for each in of["Snapshots"] if each["DBSnapshotIdentifier"] != given["DBSnapshotIdentifier"]
    ]


def _keep(of: Any, given: Any) -> None:
    assert given["ResourceName"].endswith(f":{of['DBInstanceIdentifier']}")
    of["KeptSince"] = {tag["Key"]: tag["Value"] for tag in given["Tags"]}[KEPT_SINCE_TAG]


APPLIED = {
    "CreateDBSnapshot": _create_snapshot,
    "CopyDBSnapshot": _copy_snapshot,
    "RestoreDBInstanceFromDBSnapshot": _restore,
    "DeleteDBInstance": _delete,
    "DeleteDBSnapshot": _delete_snapshot,
    "AddTagsToResource": _keep,
    "RemoveTagsFromResource": lambda of, given: of.update(KeptSince=""),
}


def moved_on(of: Any) -> None:
    """Whatever RDS was at work on is done."""
    if of["Copy"] and of["Copy"]["DBInstanceStatus"] == "deleting":
        of["Copy"] = None
    for one in (of, of["Copy"]):
        if one is not None:
            one["DBInstanceStatus"] = "available"
            one["DBInstanceIdentifier"] = one.pop("Next", one["DBInstanceIdentifier"])
    for each in of["Snapshots"]:
        each["Status"] = "available"
