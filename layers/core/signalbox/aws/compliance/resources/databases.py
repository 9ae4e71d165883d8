"""RDS instances, which AWS Config calls by an id of its own (`db-ABC…`)."""

from signalbox.aws.clients import client
from signalbox.aws.compliance.resources.tags import tags_in
from signalbox.aws.errors import aws_errors
from signalbox.compliance.model import Observed, Resource

GOING = frozenset({"deleting", "deleted", "delete-precheck"})


def observe(resource: Resource) -> Observed | None:
    """Its backups, whether it has a public address, what it belongs to, its tags: one call."""
    rds = client("rds")
    with aws_errors():
        answer = rds.describe_db_instances(Filters=[{"Name": "dbi-resource-id", "Values": [resource.id]}])
    for found in answer["DBInstances"]:
        if found.get("DBInstanceStatus") not in GOING:
            return Observed(
                configuration={
                    "DBInstanceIdentifier": found["DBInstanceIdentifier"],
                    "BackupRetentionPeriod": found.get("BackupRetentionPeriod", 0),
                    "PendingBackupRetentionPeriod": found.get("PendingModifiedValues", {}).get(
                        "BackupRetentionPeriod"
                    ),
                    "PubliclyAccessible": bool(found.get("PubliclyAccessible")),
                    "Cluster": found.get("DBClusterIdentifier", ""),
                    "Source": found.get("ReadReplicaSourceDBInstanceIdentifier", ""),
                },
                name=found["DBInstanceIdentifier"],
                tags=tags_in(found.get("TagList", [])),
            )
    return None
