"""RDS instances that are in no cluster."""

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
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

# They are in every answer of the RDS API, and belong to Neptune and DocumentDB.
_CLUSTERED = ("aurora", "neptune", "docdb")


class RdsSwitch:
    """Port `Switch`.

    Each instance takes a call of its own; RDS publishes no rates of its API. A stopped instance is started
    again by RDS after seven days. What cannot be stopped is in `Stopping an Amazon RDS DB instance
    temporarily` of the RDS User Guide.
    """

    kind = Kind.RDS
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
        call = rds.start_db_instance if action is Action.START else rds.stop_db_instance

        def act(target: Target) -> None:
            call(DBInstanceIdentifier=target.id)

        return one_by_one(targets, act, PASSING)


def _with_ids(ids: Iterable[str], place: Place) -> Iterator[Resource]:
    for filters in by_id("db-instance-id", ids):
        yield from _described(place, Filters=filters)


def _described(place: Place, **request: Any) -> Iterator[Resource]:
    with aws_errors():
        paginator = client_in(place, "rds").get_paginator("describe_db_instances")
        for page in paginator.paginate(**request, PaginationConfig={"PageSize": PAGE}):
            yield from (
                _resource(each) for each in page["DBInstances"] if each.get("DBInstanceStatus") not in GONE
            )


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
