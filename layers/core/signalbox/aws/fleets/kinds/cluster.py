"""Clusters of Aurora, Neptune and DocumentDB: all answer to the API of RDS."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.answers import one_by_one
from signalbox.aws.fleets.databases import GONE, PAGE, PASSING, by_id, condition_of, selected
from signalbox.aws.fleets.selection import tags_in, unsettled
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Pace, Switched, Target

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBClusterTypeDef

_STOPPABLE = ("aurora", "neptune", "docdb")
_MODES = {
    "serverless": "Aurora Serverless v1: pauses by itself, cannot be stopped",
    "global": "part of a global database: cannot be stopped",
    "multimaster": "multi-master: cannot be stopped",
}


class ClusterSwitch:
    """Port `Switch`.

    Each cluster takes a call of its own, and stops and starts all its instances; RDS publishes no rates of
    its API. A stopped cluster is started again after seven days. What cannot be stopped is in `Stopping and
    starting an Amazon Aurora DB cluster` of the Aurora User Guide, and in `Limitations of Multi-AZ DB
    clusters` of the RDS User Guide.
    """

    kind = Kind.CLUSTER
    batch = 1
    filters = False

    def pace(self, action: Action) -> Pace:
        return Pace()

    def find(self, select: Select, place: Place, unless: Power | None = None) -> Iterator[Resource]:
        return selected(
            self.kind, select, place, lambda: _described(place), lambda ids: _with_ids(ids, place)
        )

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        return unsettled(self.kind, ids, _with_ids(ids, place), action)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        rds = client_in(place, "rds", once=True)
        call = rds.start_db_cluster if action is Action.START else rds.stop_db_cluster

        def act(target: Target) -> None:
            call(DBClusterIdentifier=target.id)

        return one_by_one(targets, act, PASSING)


def _with_ids(ids: Iterable[str], place: Place) -> Iterator[Resource]:
    for filters in by_id("db-cluster-id", ids):
        yield from _described(place, Filters=filters)


def _described(place: Place, **request: Any) -> Iterator[Resource]:
    with aws_errors():
        paginator = client_in(place, "rds").get_paginator("describe_db_clusters")
        for page in paginator.paginate(**request, PaginationConfig={"PageSize": PAGE}):
            yield from (_resource(each) for each in page["DBClusters"] if each.get("Status") not in GONE)


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
