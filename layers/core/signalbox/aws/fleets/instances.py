"""Reads EC2 instances, in as few calls as EC2 allows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.fleets.selection import Wanted, chunks, tags_in
from signalbox.aws.places import client_in
from signalbox.fleets.model import Condition, Kind, Place, Resource

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    Page = list[InstanceTypeDef]

CONDITIONS = {
    "pending": Condition.CHANGING,
    "running": Condition.RUNNING,
    "stopping": Condition.CHANGING,
    "stopped": Condition.STOPPED,
}
GONE = ("shutting-down", "terminated")
# Of DescribeInstances: ids or results of one call, and values of all its filters together.
_PAGE = 1000
_MOST_VALUES = 200
_GONE = "InvalidInstanceID"
# How often ids that are gone are taken out of a request before it is asked in a way that minds none.
_TRIES = 2
_BY_HAND = "Client.User"  # InitiatedShutdown, InitiatedHibernate


def with_tags(wanted: Wanted, states: Collection[str], place: Place, also: str = "") -> "Iterator[Page]":
    """Those in one of the states, by filters of EC2's own, 1,000 a page. Values of filters are wildcards,
    those of tags are not. Tags whose values do not fit into one request are asked for by key: the caller
    looks at the values. They have the tag `also`, whatever its value."""
    room = _MOST_VALUES - len(states) - len(wanted) - 1
    filters = [_states(states), *([{"Name": f"tag:{also}", "Values": ["*"]}] if also else [])]
    for key, values in wanted.items():
        if len(values) <= room:
            room -= len(values)
            filters.append({"Name": f"tag:{key}", "Values": [_literally(value) for value in values]})
        else:
            filters.append({"Name": "tag-key", "Values": [_literally(key)]})
    return _described(place, Filters=filters, PaginationConfig={"PageSize": _PAGE})


def with_ids(ids: Iterable[str], states: Collection[str], place: Place) -> "Iterator[Page]":
    """Those of the ids that are there and in one of the states, 1,000 a call: a filter by id would take
    200. EC2 refuses a request with an id that is gone, and names it; when naming does not end, a filter.
    Whoever asks for what is terminated is told that of ids that EC2 does not know any more, too."""
    for chunk in chunks(ids, _PAGE):
        yield from _those_there(chunk, states, place)


def of_many(ids: Sequence[str], states: Collection[str], place: Place) -> "Iterator[Page]":
    """Those of the ids that are in one of the states. More than one call takes are looked for among all
    instances of the Region that are in one of them: mostly they are few, and no tag that somebody takes away
    hides one. When that is not over after half the calls that names would take, they are asked for by name.
    """
    calls = -(-len(ids) // _PAGE)
    found = _among_all(frozenset(ids), states, place, calls // 2)
    yield from with_ids(ids, states, place) if found is None else [found]


def _among_all(
    ids: Collection[str], states: Collection[str], place: Place, most: int
) -> "list[InstanceTypeDef] | None":
    """None when that takes more than so many calls."""
    found: Page = []
    token: dict[str, Any] = {}
    with aws_errors():
        for _ in range(most):
            page = client_in(place, "ec2").describe_instances(
                Filters=[_states(states)],  # type: ignore[list-item]
                MaxResults=_PAGE,
                **token,
            )
            for reservation in page.get("Reservations", []):
                found += [each for each in reservation.get("Instances", []) if each.get("InstanceId") in ids]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}
    return None


def _those_there(ids: Sequence[str], states: Collection[str], place: Place) -> "Iterator[Page]":
    rest = list(ids)
    for _ in range(_TRIES):
        if not rest:
            return
        with aws_errors():
            try:
                yield from _described(place, InstanceIds=rest, Filters=[_states(states)])
                return
            except ClientError as error:
                if not code_of(error).startswith(_GONE):
                    raise
                yield _forgotten((id_ for id_ in rest if id_ in str(error)), states)
                rest = [id_ for id_ in rest if id_ not in str(error)]
    for chunk in chunks(rest, _MOST_VALUES):
        filters: Any = [{"Name": "instance-id", "Values": chunk}]
        there: set[str] = set()
        for page in _described(place, Filters=filters, PaginationConfig={"PageSize": _PAGE}):
            there |= {each.get("InstanceId", "") for each in page}
            yield [each for each in page if each.get("State", {}).get("Name") in states]
        yield _forgotten((id_ for id_ in chunk if id_ not in there), states)


def _forgotten(ids: Iterable[str], states: Collection[str]) -> "Page":
    """As EC2 told it for an hour."""
    told = ids if "terminated" in states else ()
    return [{"InstanceId": id_, "State": {"Name": "terminated"}} for id_ in told]


def _described(place: Place, **request: Any) -> "Iterator[Page]":
    paginator = client_in(place, "ec2").get_paginator("describe_instances")
    for page in paginator.paginate(**request):
        reservations = page.get("Reservations", [])
        yield [each for found in reservations for each in found.get("Instances", [])]
        reservations.clear()  # the paginator would keep a page until it has the next one


def _states(states: Collection[str]) -> dict[str, Any]:
    return {"Name": "instance-state-name", "Values": list(states)}


def _literally(value: str) -> str:
    return value.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def resources(pages: "Iterable[Page]", place: Place) -> Iterator[Resource]:
    """What fleets need of each page, before the next one is read."""
    with aws_errors():
        for page in pages:
            persistent = _persistent(page, place)
            for instance in page:
                yield _resource(instance, persistent)
            page.clear()


def _persistent(page: "Page", place: Place) -> frozenset[str]:
    """The Spot requests of a page that outlast their instances; not asked for when there are none."""
    requests = {each.get("SpotInstanceRequestId", "") for each in page} - {""}
    found: set[str] = set()
    for chunk in chunks(sorted(requests), _MOST_VALUES):
        filters: Any = [{"Name": "spot-instance-request-id", "Values": chunk}]
        answer = client_in(place, "ec2").describe_spot_instance_requests(Filters=filters)
        for each in answer.get("SpotInstanceRequests", []):
            if each.get("Type") == "persistent":
                found.add(each.get("SpotInstanceRequestId", ""))
    return frozenset(found)


def _resource(instance: "InstanceTypeDef", persistent: Collection[str]) -> Resource:
    tags = tags_in(instance.get("Tags", []))  # type: ignore[arg-type]
    state = str(instance.get("State", {}).get("Name", ""))
    return Resource(
        kind=Kind.EC2,
        id=instance.get("InstanceId", ""),
        condition=CONDITIONS.get(state, Condition.BROKEN),
        detail=_detail(instance, state),
        obstacle=_obstacle(instance, persistent),
        member_of=tags.get("aws:autoscaling:groupName", ""),
        unit=str(instance.get("InstanceType", "")),
        tags=tags,
    )


def _detail(instance: "InstanceTypeDef", state: str) -> str:
    """Why it stands still, when nobody asked for it: a start that EC2 accepted may fail afterwards, for a
    key of KMS that is disabled, or a volume that is gone."""
    reason = instance.get("StateReason", {})
    if state not in {"stopping", "stopped"} or reason.get("Code", "").startswith(_BY_HAND):
        return state
    return reason.get("Message", "") or state


def _obstacle(instance: "InstanceTypeDef", persistent: Collection[str]) -> str:
    lifecycle = str(instance.get("InstanceLifecycle", ""))
    operator = instance.get("Operator", {})
    if lifecycle == "spot" and instance.get("SpotInstanceRequestId", "") not in persistent:
        return "spot one-time: cannot be stopped"
    if lifecycle == "scheduled":
        return "scheduled instance: cannot be stopped"
    if instance.get("RootDeviceType") == "instance-store":
        return "instance store root: cannot be stopped"
    if operator.get("Managed"):
        return f"managed by {operator.get('Principal', 'another service')}: only it starts and stops it"
    return ""
