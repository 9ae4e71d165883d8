"""Clusters of Aurora, Neptune and DocumentDB: all answer to the API of RDS."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.databases import GONE, PAGE, DatabaseSwitch, condition_of
from signalbox.aws.fleets.selection import tags_in
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Kind, Place, Resource

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBClusterTypeDef

_STOPPABLE = ("aurora", "neptune", "docdb")
_MODES = {
    "serverless": "Aurora Serverless v1: pauses by itself, cannot be stopped",
    "global": "part of a global database: cannot be stopped",
    "multimaster": "multi-master: cannot be stopped",
}


class ClusterSwitch(DatabaseSwitch):
    """A cluster stops and starts with all its instances; a stopped one is started again after seven days.
    What cannot be stopped is in `Stopping and starting an Amazon Aurora DB cluster` of the Aurora User Guide,
    and in `Limitations of Multi-AZ DB clusters` of the RDS User Guide."""

    kind = Kind.CLUSTER
    filter_by_id = "db-cluster-id"

    def described(self, place: Place, **request: Any) -> Iterator[Resource]:
        with aws_errors():
            paginator = client_in(place, "rds").get_paginator("describe_db_clusters")
            for page in paginator.paginate(**request, PaginationConfig={"PageSize": PAGE}):
                yield from (_resource(each) for each in page["DBClusters"] if each.get("Status") not in GONE)

    def act(self, action: Action, id_: str, place: Place) -> None:
        rds = client_in(place, "rds", once=True)
        call = rds.start_db_cluster if action is Action.START else rds.stop_db_cluster
        call(DBClusterIdentifier=id_)


def _resource(found: "DBClusterTypeDef") -> Resource:
    status = found.get("Status", "")
    return Resource(
        kind=Kind.CLUSTER,
        id=found.get("DBClusterIdentifier", ""),
        condition=condition_of(status),
        detail=status,
        obstacle=_obstacle(found),
        unit=found.get("DBClusterInstanceClass", ""),
        tags=tags_in(found.get("TagList", [])),  # type: ignore[arg-type]
    )


def _obstacle(found: "DBClusterTypeDef") -> str:
    mode = found.get("EngineMode", "")
    if mode in _MODES:
        return _MODES[mode]
    if found.get("GlobalClusterIdentifier"):
        return _MODES["global"]
    if found.get("ReadReplicaIdentifiers") or found.get("ReplicationSourceIdentifier"):
        return "replicates to or from another cluster: cannot be stopped"
    if not found.get("Engine", "").startswith(_STOPPABLE):
        return "Multi-AZ DB cluster: cannot be stopped"
    return ""
