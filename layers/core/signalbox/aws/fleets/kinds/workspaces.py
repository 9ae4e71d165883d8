"""WorkSpaces that stop by themselves, or by hand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from signalbox.aws.errors import aws_errors, is_passing
from signalbox.aws.fleets.answers import Tally, keeps_out, reason_of
from signalbox.aws.fleets.selection import chunks, missing, named_in, tagged, tags_of, unsettled
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Condition, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Pace, Switched, Target

if TYPE_CHECKING:
    from mypy_boto3_workspaces.type_defs import FailedWorkspaceChangeRequestTypeDef, WorkspaceTypeDef

# Of StartWorkspaces, StopWorkspaces and DescribeWorkspaces.
_BATCH = 25
_GONE = frozenset({"TERMINATING", "TERMINATED"})
_STARTABLE = frozenset({"AUTO_STOP", "MANUAL"})
_CONDITIONS = {
    "AVAILABLE": Condition.RUNNING,
    "IMPAIRED": Condition.RUNNING,
    "UNHEALTHY": Condition.RUNNING,
    "STOPPED": Condition.STOPPED,
    "STARTING": Condition.CHANGING,
    "STOPPING": Condition.CHANGING,
    "ERROR": Condition.BROKEN,
    "SUSPENDED": Condition.BROKEN,
}
# Of one request in a batch. `NotSupported` is what one gets that is not in the right state: it may be soon.
_PASSING = (
    "Internal", "ServiceUnavailable", "Throttl", "OperationInProgress", "ResourceUnavailable",
    "OperationNotSupported", "InvalidResourceState",
)  # fmt: skip


class WorkspacesSwitch:
    """Port `Switch`.

    25 a call, each answered for itself: `StartWorkspaces` and `StopWorkspaces` of the API reference, which
    also say that only running modes AutoStop and Manual can. WorkSpaces publishes no rates of its API.
    """

    kind = Kind.WORKSPACES
    batch = _BATCH
    tells_tags = False

    def pace(self, action: Action) -> Pace:
        return Pace()

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        """DescribeWorkspaces tells no tags: GetResources finds them 100 a call."""
        members, named = named_in(select, self.kind, place)
        with_tags = tagged(select.tags, self.kind, "workspaces:workspace", place)
        others = {id_: _arn(id_, place) for id_ in (*members, *named) if id_ not in with_tags}
        tags = tags_of(list(others.values()), place)
        seen: set[str] = set()
        for each in _described((*with_tags, *others), place):
            resource = _resource(each)
            seen.add(resource.id)
            own = with_tags.get(resource.id) or tags.get(others.get(resource.id, ""), {})
            yield replace(resource, tags=own)
        yield from missing(self.kind, named, seen)

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        return unsettled(self.kind, ids, (_resource(each) for each in _described(ids, place)), action)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        ids = [target.id for target in targets]
        tally = Tally()
        try:
            failed = _ask(action, ids, place)
        except ClientError as error:
            if keeps_out(error) or not is_passing(error):
                with aws_errors():
                    raise
            tally.wait(ids, reason_of(error))
            return tally.switched()
        except BotoCoreError as error:
            tally.wait(ids, str(error))
            return tally.switched()
        for each in failed:
            told = tally.later if each.get("ErrorCode", "").startswith(_PASSING) else tally.refused
            told[each.get("WorkspaceId", "")] = f"{each.get('ErrorCode', '')}: {each.get('ErrorMessage', '')}"
        tally.accepted = [id_ for id_ in ids if id_ not in tally.later and id_ not in tally.refused]
        return tally.switched()


def _ask(action: Action, ids: Sequence[str], place: Place) -> "list[FailedWorkspaceChangeRequestTypeDef]":
    """Those that WorkSpaces does not start or stop."""
    workspaces = client_in(place, "workspaces", once=True)
    requests: Any = [{"WorkspaceId": id_} for id_ in ids]
    if action is Action.START:
        return workspaces.start_workspaces(StartWorkspaceRequests=requests)["FailedRequests"]
    return workspaces.stop_workspaces(StopWorkspaceRequests=requests)["FailedRequests"]


def _described(ids: Iterable[str], place: Place) -> "Iterator[WorkspaceTypeDef]":
    """Those that are there, 25 a call."""
    for chunk in chunks(ids, _BATCH):
        with aws_errors():
            answer = client_in(place, "workspaces").describe_workspaces(WorkspaceIds=chunk)
        yield from (each for each in answer["Workspaces"] if each.get("State") not in _GONE)


def _arn(id_: str, place: Place) -> str:
    partition = client_in(place, "workspaces").meta.partition
    return f"arn:{partition}:workspaces:{place.region}:{place.account}:workspace/{id_}"


def _resource(found: "WorkspaceTypeDef") -> Resource:
    state, properties = str(found.get("State", "")), found.get("WorkspaceProperties", {})
    mode = str(properties.get("RunningMode", ""))
    return Resource(
        kind=Kind.WORKSPACES,
        id=found.get("WorkspaceId", ""),
        # What is none of these is work on it: PENDING, REBOOTING, REBUILDING, MAINTENANCE …
        condition=_CONDITIONS.get(state, Condition.BUSY),
        detail=f"{state}: {found['ErrorMessage']}" if found.get("ErrorMessage") else state,
        obstacle=""
        if mode in _STARTABLE
        else f"{mode}: only AUTO_STOP and MANUAL can be started and stopped",
        unit=str(properties.get("ComputeTypeName", "")),
    )
