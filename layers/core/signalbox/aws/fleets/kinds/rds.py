"""RDS instances that are in no cluster."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.databases import GONE, PAGE, DatabaseSwitch, condition_of
from signalbox.aws.fleets.selection import tags_in
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Kind, Place, Resource

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

# They are in every answer of the RDS API, and belong to Neptune and DocumentDB.
_CLUSTERED = ("aurora", "neptune", "docdb")


class RdsSwitch(DatabaseSwitch):
    """A stopped instance is started again by RDS after seven days. What cannot be stopped is in `Stopping an
    Amazon RDS DB instance temporarily` of the RDS User Guide."""

    kind = Kind.RDS
    filter_by_id = "db-instance-id"

    def described(self, place: Place, **request: Any) -> Iterator[Resource]:
        with aws_errors():
            paginator = client_in(place, "rds").get_paginator("describe_db_instances")
            for page in paginator.paginate(**request, PaginationConfig={"PageSize": PAGE}):
                yield from (
                    _resource(each)
                    for each in page["DBInstances"]
                    if each.get("DBInstanceStatus") not in GONE
                )

    def act(self, action: Action, id_: str, place: Place) -> None:
        rds = client_in(place, "rds", once=True)
        call = rds.start_db_instance if action is Action.START else rds.stop_db_instance
        call(DBInstanceIdentifier=id_)


def _resource(found: "DBInstanceTypeDef") -> Resource:
    status = found.get("DBInstanceStatus", "")
    return Resource(
        kind=Kind.RDS,
        id=found.get("DBInstanceIdentifier", ""),
        condition=condition_of(status),
        detail=status,
        obstacle=_obstacle(found),
        member_of=found.get("DBClusterIdentifier", ""),
        unit=found.get("DBInstanceClass", ""),
        tags=tags_in(found.get("TagList", [])),  # type: ignore[arg-type]
    )


def _obstacle(found: "DBInstanceTypeDef") -> str:
    engine = found.get("Engine", "")
    if found.get("ReadReplicaSourceDBInstanceIdentifier") or found.get(
        "ReadReplicaSourceDBClusterIdentifier"
    ):
        return "read replica: cannot be stopped"
    if found.get("ReadReplicaDBInstanceIdentifiers") or found.get("ReadReplicaDBClusterIdentifiers"):
        return "has read replicas: cannot be stopped"
    if engine.startswith("sqlserver") and found.get("MultiAZ"):
        return "SQL Server Multi-AZ: cannot be stopped"
    if engine.startswith("custom-"):
        return "RDS Custom: cannot be stopped"
    if engine.startswith(_CLUSTERED) and not found.get("DBClusterIdentifier"):
        return f"{engine}: goes with a cluster only"
    return ""
