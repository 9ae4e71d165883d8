"""Fleets of WorkSpaces Applications, which was AppStream 2.0."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.fleets.answers import one_by_one
from signalbox.aws.fleets.selection import chunks, missing, named_in, tagged, tags_of, unsettled
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Condition, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Pace, Switched, Target

if TYPE_CHECKING:
    from mypy_boto3_appstream.type_defs import FleetTypeDef

# Names of one DescribeFleets; its API reference gives no limit.
_PAGE = 25
_CONDITIONS = {
    "STARTING": Condition.CHANGING,
    "RUNNING": Condition.RUNNING,
    "STOPPING": Condition.CHANGING,
    "STOPPED": Condition.STOPPED,
}
_PASSING = frozenset({"ResourceNotAvailableException", "OperationNotPermittedException"})
_GONE = "ResourceNotFoundException"


class AppStreamSwitch:
    """Port `Switch`.

    Each fleet takes a call of its own; the service publishes no rates of its API. Who is connected to a
    fleet that stops is cut off. `OperationNotPermittedException` is what a fleet answers that is on its way.
    """

    kind = Kind.APPSTREAM
    batch = 1
    tells_tags = False

    def pace(self, action: Action) -> Pace:
        return Pace()

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        """DescribeFleets tells no tags: GetResources finds them 100 a call."""
        members, named = named_in(select, self.kind, place)
        with_tags = tagged(select.tags, self.kind, "appstream:fleet", place)
        fleets = list(_described(dict.fromkeys((*with_tags, *members, *named)), place))
        others = tags_of([each["Arn"] for each in fleets if each["Name"] not in with_tags], place)
        for each in fleets:
            yield _resource(each, with_tags.get(each["Name"]) or others.get(each["Arn"], {}))
        yield from missing(self.kind, named, (each["Name"] for each in fleets))

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        return unsettled(self.kind, ids, (_resource(each, {}) for each in _described(ids, place)), action)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        appstream = client_in(place, "appstream", once=True)
        call = appstream.start_fleet if action is Action.START else appstream.stop_fleet

        def act(target: Target) -> None:
            call(Name=target.id)

        return one_by_one(targets, act, _PASSING)


def _described(names: Iterable[str], place: Place) -> "Iterator[FleetTypeDef]":
    for chunk in chunks(names, _PAGE):
        yield from _those_there(chunk, place)


def _those_there(names: Sequence[str], place: Place) -> "list[FleetTypeDef]":
    """One that is gone spoils the request for all, and is not always named: then each by itself."""
    with aws_errors():
        try:
            paginator = client_in(place, "appstream").get_paginator("describe_fleets")
            return [each for page in paginator.paginate(Names=list(names)) for each in page.get("Fleets", [])]
        except ClientError as error:
            if code_of(error) != _GONE:
                raise
    if len(names) == 1:
        return []
    return [each for name in names for each in _those_there([name], place)]


def _resource(found: "FleetTypeDef", tags: Mapping[str, str]) -> Resource:
    state = str(found["State"])
    errors = "; ".join(each.get("ErrorMessage", "") for each in found.get("FleetErrors", []))
    return Resource(
        kind=Kind.APPSTREAM,
        id=found["Name"],
        condition=_CONDITIONS[state],
        detail=f"{state}: {errors}" if errors else state,
        unit=found.get("InstanceType", ""),
        tags=tags,
    )
