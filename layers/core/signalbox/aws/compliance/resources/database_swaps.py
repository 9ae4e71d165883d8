"""RDS instances, and what Signalbox has made of one: at most six calls."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.compliance.resources.databases import GOING
from signalbox.aws.compliance.resources.tags import tags_in, tags_of_owner
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Observed, Resource, Subject
from signalbox.compliance.rules.configurations import configuration_of
from signalbox.compliance.rules.database_state import (
    DatabaseCopy,
    DatabaseSnapshot,
    DatabaseState,
)
from signalbox.compliance.rules.database_swap import NAME, SNAPSHOTS, name_of, snapshot_name
from signalbox.compliance.rules.marks import DATABASE_TAG, FINDING_TAG, KEPT_SINCE_TAG
from signalbox.kernel.clock import rfc3339

_NO_SNAPSHOT = frozenset({"DBSnapshotNotFound", "DBSnapshotNotFoundFault"})
_NO_DATABASE = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
_DATE = len("2026-11-30")
# What a restored instance is given as the database has it.
_AS_IT_IS = (
    "DBInstanceClass", "MultiAZ", "PubliclyAccessible", "AutoMinorVersionUpgrade", "StorageType",
    "CopyTagsToSnapshot", "DeletionProtection", "NetworkType", "CACertificateIdentifier",
    "ProcessorFeatures", "EngineLifecycleSupport", "DedicatedLogVolume",
)  # fmt: skip
# What only an instance that is there can be given.
_LATER = (
    "BackupRetentionPeriod", "PreferredBackupWindow", "PreferredMaintenanceWindow", "MaxAllocatedStorage",
)  # fmt: skip
# RDS gives these to gp3 by itself, and refuses them for small databases.
_BASELINES = ((3000, 125), (12000, 500))
# What neither brings back, in words.
_LOST = {
    "MonitoringInterval": "enhanced monitoring",
    "PerformanceInsightsEnabled": "Performance Insights",
    "MasterUserSecret": "its password kept by RDS",
    "AssociatedRoles": "its IAM roles",
    "DomainMemberships": "its domain",
    "CustomIamInstanceProfile": "its instance profile",
}


def observe(resource: Resource) -> Observed | None:
    """While it has another name, our snapshots know the one under which it serves."""
    found = _database(Filters=[{"Name": "dbi-resource-id", "Values": [resource.id]}])
    if found is None:
        return None
    finding = Subject(rule=NAME, resource=resource).finding_id
    snapshots = list(_snapshots(finding))
    own = str(found["DBInstanceIdentifier"])
    meant = (tags_in(each.get("TagList", [])).get(DATABASE_TAG) for each in snapshots)
    name = next((each for each in meant if each), own)
    copy = _copy(finding, name, resource) if snapshots else None
    tags = tags_in(found.get("TagList", []))
    return Observed(configuration=configuration_of(_state(found, snapshots, copy)), name=name, tags=tags)


def _database(**asked: Any) -> dict[str, Any] | None:
    with aws_errors():
        try:
            answer = client("rds").describe_db_instances(**asked)
        except ClientError as error:
            if code_of(error) in _NO_DATABASE:
                return None
            raise
    found: list[Any] = [each for each in answer["DBInstances"] if each.get("DBInstanceStatus") not in GOING]
    return found[0] if found else None


def _snapshots(finding: str) -> Iterator[dict[str, Any]]:
    """By their names."""
    for which in SNAPSHOTS:
        name = snapshot_name(finding, which)
        with aws_errors():
            try:
                found: Any = client("rds").describe_db_snapshots(DBSnapshotIdentifier=name)
            except ClientError as error:
                if code_of(error) in _NO_SNAPSHOT:
                    continue
                raise
        yield from found["DBSnapshots"]


def _copy(finding: str, name: str, resource: Resource) -> dict[str, Any] | None:
    """Under its first name or the database's; never what somebody else has made."""
    for called in (name_of(name, "new", finding), name):
        found = _database(DBInstanceIdentifier=called)
        if found is not None and found.get("DbiResourceId") != resource.id:
            is_ours = tags_in(found.get("TagList", [])).get(FINDING_TAG) == finding
            return found if is_ours else None
    return None


def _state(
    found: Mapping[str, Any], snapshots: list[dict[str, Any]], copy: Mapping[str, Any] | None
) -> DatabaseState:
    tags = tags_in(found.get("TagList", []))
    source = found.get("ReadReplicaSourceDBInstanceIdentifier")
    replicas = [*([source] if source else []), *found.get("ReadReplicaDBInstanceIdentifiers", [])]
    return DatabaseState(
        DBInstanceIdentifier=found["DBInstanceIdentifier"],
        DBInstanceArn=found["DBInstanceArn"],
        DBInstanceStatus=found["DBInstanceStatus"],
        StorageEncrypted=bool(found.get("StorageEncrypted")),
        Cluster=found.get("DBClusterIdentifier", ""),
        Replicas=tuple(replicas),
        Restored=_restored(found),
        Modified=_given(found, _LATER),
        Lost=tuple(words for field, words in _LOST.items() if found.get(field)),
        Pending=tuple(sorted(found.get("PendingModifiedValues", {}))),
        Tags=tags_of_owner(tags),
        Snapshots=tuple(
            DatabaseSnapshot(
                DBSnapshotIdentifier=each["DBSnapshotIdentifier"],
                Status=each["Status"],
                Encrypted=bool(each.get("Encrypted")),
                Day=rfc3339(each["SnapshotCreateTime"])[:_DATE] if each.get("SnapshotCreateTime") else "",
            )
            for each in snapshots
        ),
        Copy=_as_copy(copy) if copy else None,
        KeptSince=tags.get(KEPT_SINCE_TAG, ""),
    )


def _as_copy(found: Mapping[str, Any]) -> DatabaseCopy:
    return DatabaseCopy(
        DBInstanceIdentifier=found["DBInstanceIdentifier"],
        DBInstanceStatus=found["DBInstanceStatus"],
        StorageEncrypted=bool(found.get("StorageEncrypted")),
        DeletionProtection=bool(found.get("DeletionProtection")),
        Modified=_given(found, _LATER),
    )


def _given(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, object]:
    return {name: found[name] for name in names if found.get(name) not in (None, [])}


def _restored(found: Mapping[str, Any]) -> dict[str, object]:
    """The parameters of a restoration that make the same; a zone only where there is but one."""
    groups = [each["VpcSecurityGroupId"] for each in found.get("VpcSecurityGroups", [])]
    subnets = found.get("DBSubnetGroup", {}).get("DBSubnetGroupName")
    parameters = _chosen(each["DBParameterGroupName"] for each in found.get("DBParameterGroups", []))
    options = _chosen(each["OptionGroupName"] for each in found.get("OptionGroupMemberships", []))
    logs = found.get("EnabledCloudwatchLogsExports", [])
    port = found.get("Endpoint", {}).get("Port") or found.get("DbInstancePort")
    return {
        **_given(found, _AS_IT_IS),
        **_performance(found),
        **({"VpcSecurityGroupIds": groups} if groups else {}),
        **({"DBSubnetGroupName": subnets} if subnets else {}),
        **({"DBParameterGroupName": parameters[0]} if parameters else {}),
        **({"OptionGroupName": options[0]} if options else {}),
        **({"EnableCloudwatchLogsExports": logs} if logs else {}),
        **(
            {"EnableIAMDatabaseAuthentication": True} if found.get("IAMDatabaseAuthenticationEnabled") else {}
        ),
        **({"Port": port} if port else {}),
        **({"AvailabilityZone": found["AvailabilityZone"]} if _is_in_one_zone(found) else {}),
    }


def _chosen(groups: Iterable[str]) -> list[str]:
    """The default ones RDS gives by itself."""
    return [name for name in groups if not name.startswith("default")]


def _performance(found: Mapping[str, Any]) -> dict[str, object]:
    if (found.get("Iops"), found.get("StorageThroughput")) in _BASELINES:
        return {}
    return _given(found, ("Iops", "StorageThroughput"))


def _is_in_one_zone(found: Mapping[str, Any]) -> bool:
    return not found.get("MultiAZ") and bool(found.get("AvailabilityZone"))
