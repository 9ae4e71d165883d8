"""ECS services, scaled to no tasks and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.fleets.answers import one_by_one
from signalbox.aws.fleets.selection import chunks, missing, named_in, tagged, unsettled
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Condition, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Bucket, Pace, Switched, Target

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef

# Of DescribeServices, all of one cluster.
_PAGE = 10
# Of DescribeScalableTargets.
_SCALABLE = 50


class EcsSwitch:
    """Port `Switch`. An id is `cluster/service`.

    Each service takes a call of its own; a batch is what shares the look at the services that a start begins
    with. `Request throttling for the Amazon ECS API` gives UpdateService, CreateService and DeleteService
    together a bucket of 50, refilled by 5 a second.

    Application Auto Scaling brings a service back to its minimum when one of its alarms scales it out. Where
    that is above 0 and scaling out is not suspended, it is an obstacle: two would fight.
    """

    kind = Kind.ECS
    batch = _PAGE
    tells_tags = True

    def pace(self, action: Action) -> Pace:
        return Pace(resources=Bucket(capacity=50, per_second=5))

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        """ECS knows no filter by tag: GetResources finds 100 a call, DescribeServices tells of 10."""
        members, named = named_in(select, self.kind, place)
        with_tags = tagged(select.tags, self.kind, "ecs:service", place)
        seen: set[str] = set()
        services = _described(dict.fromkeys((*with_tags, *members, *named)), place)
        for chunk in chunks(services, _SCALABLE):
            minimums = _minimums([_id(each) for each in chunk], place)
            for each in chunk:
                resource = _resource(each, minimums)
                seen.add(resource.id)
                yield resource
        yield from missing(self.kind, named, seen)

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        return unsettled(self.kind, ids, (_resource(each, {}) for each in _described(ids, place)), action)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        """Stops with a desired count of 0; starts with the target's, unless somebody has set another."""
        ids = [target.id for target in targets] if action is Action.START else []
        now = {_id(each): each.get("desiredCount", 0) for each in _described(ids, place)}
        ecs = client_in(place, "ecs", once=True)

        def act(target: Target) -> str | None:
            if action is Action.START and now.get(target.id):
                return None
            if action is Action.START and not target.size:
                return "its size before the stop is not known: set its desired count once by hand"
            cluster, _, name = target.id.partition("/")
            count = target.size[0] if action is Action.START else 0
            ecs.update_service(cluster=cluster, service=name, desiredCount=count)
            return None

        return one_by_one(targets, act)


def _described(ids: Iterable[str], place: Place) -> "Iterator[ServiceTypeDef]":
    """Those that are there, 10 of a cluster a call."""
    by_cluster: dict[str, list[str]] = {}
    for id_ in ids:
        cluster, _, name = id_.partition("/")
        by_cluster.setdefault(cluster, []).append(name)
    for cluster, names in by_cluster.items():
        for chunk in chunks(names, _PAGE):
            yield from _of_cluster(cluster, chunk, place)


def _of_cluster(cluster: str, names: Sequence[str], place: Place) -> "list[ServiceTypeDef]":
    with aws_errors():
        try:
            ecs = client_in(place, "ecs")
            answer = ecs.describe_services(cluster=cluster, services=names, include=["TAGS"])
        except ClientError as error:
            if code_of(error) == "ClusterNotFoundException":
                return []
            raise
    return [each for each in answer.get("services", []) if each.get("status") == "ACTIVE"]


def _minimums(ids: Sequence[str], place: Place) -> dict[str, int]:
    """Id → the least tasks that Application Auto Scaling would have, where it may scale out."""
    if not ids:
        return {}
    with aws_errors():
        answer = client_in(place, "application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs",
            ResourceIds=[f"service/{id_}" for id_ in ids],
            ScalableDimension="ecs:service:DesiredCount",
        )
    return {
        each["ResourceId"].partition("/")[2]: each["MinCapacity"]
        for each in answer.get("ScalableTargets", [])
        if not each.get("SuspendedState", {}).get("DynamicScalingOutSuspended")
    }


def _id(found: "ServiceTypeDef") -> str:
    return f"{found.get('clusterArn', '').rpartition('/')[2]}/{found.get('serviceName', '')}"


def _resource(found: "ServiceTypeDef", minimums: Mapping[str, int]) -> Resource:
    desired = found.get("desiredCount", 0)
    condition = _condition(found)
    return Resource(
        kind=Kind.ECS,
        id=_id(found),
        condition=condition,
        detail=_detail(found, condition),
        obstacle=_obstacle(found, minimums),
        size=(desired,) if desired else (),
        unit=str(found.get("launchType", "")),
        tags={each.get("key", ""): each.get("value", "") for each in found.get("tags", [])},
    )


def _condition(found: "ServiceTypeDef") -> Condition:
    desired, running = found.get("desiredCount", 0), found.get("runningCount", 0)
    if not desired:
        return Condition.CHANGING if running or found.get("pendingCount", 0) else Condition.STOPPED
    return Condition.RUNNING if running >= desired else Condition.CHANGING


def _detail(found: "ServiceTypeDef", condition: Condition) -> str:
    """What ECS said last is why it does not get there: no room, no image, no permission."""
    counts = f"{found.get('desiredCount', 0)} wanted; {found.get('runningCount', 0)} running"
    events = found.get("events", [])
    said = events[0].get("message", "") if events and condition is Condition.CHANGING else ""
    return f"{counts}; {said}" if said else counts


def _obstacle(found: "ServiceTypeDef", minimums: Mapping[str, int]) -> str:
    if found.get("schedulingStrategy") == "DAEMON":
        return "daemon service: runs wherever its cluster has instances"
    least = minimums.get(_id(found), 0)
    if least:
        return f"Application Auto Scaling keeps {least} tasks: set its minimum to 0 or suspend scaling out"
    return ""
