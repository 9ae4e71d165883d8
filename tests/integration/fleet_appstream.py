"""AppStream, which moto does not have: as much of it as fleets ask for, answered before a request is sent."""

import json
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from signalbox.aws.places import client_in
from signalbox.fleets.model import Kind
from tests.integration.fleet_stages import ACCOUNT, HOME, OTHER, REGION, Stage, pairs

_DONE = SimpleNamespace(status_code=200)


class ApplicationFleets(Stage):
    """Stands behind the clients of one place. Its fleets take no time to start and stop."""

    kind, service = Kind.APPSTREAM, "appstream"
    operations = ("StartFleet", "StopFleet")
    grouped = False

    def __init__(self, session: boto3.Session, account: str = ACCOUNT) -> None:
        super().__init__(session, account)
        self.fleets: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, Mapping[str, str]] = {}
        for client in self._clients():
            client.meta.events.register_last("before-call", self._answer)

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        arn = self.arn(name)
        self.fleets[name] = {"Arn": arn, "Name": name, "State": "RUNNING", "InstanceType": "stream.standard"}
        self._tags[arn] = tags
        return name

    def remove(self, id_: str) -> None:
        del self.fleets[id_]

    def arn(self, id_: str) -> str:
        return f"arn:aws:appstream:{REGION}:{self.account}:fleet/{id_}"

    def clear(self) -> None:
        super().clear()
        for client in self._clients():
            client.meta.events.unregister("before-call", self._answer)

    def _clients(self) -> Iterator[Any]:
        place = HOME if self.account == ACCOUNT else OTHER
        for once in (False, True):
            yield client_in(place, "appstream", once=once)
        yield client_in(place, "resourcegroupstaggingapi")

    def _answer(self, model: Any, params: Mapping[str, Any], **given: object) -> Any:
        answer = getattr(self, f"_{model.name}")
        return _DONE, answer(json.loads(params["body"]))

    def _DescribeFleets(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Fleets": [self._known(name, "DescribeFleets") for name in request["Names"]]}

    def _StartFleet(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._change(request["Name"], "StartFleet", "STOPPED", "RUNNING")

    def _StopFleet(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._change(request["Name"], "StopFleet", "RUNNING", "STOPPED")

    def _GetResources(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """AppStream's own; what is gone is known here for a while."""
        arns = request.get("ResourceARNList") or [
            arn
            for arn, tags in self._tags.items()
            if all(
                each["Key"] in tags and (not each["Values"] or tags[each["Key"]] in each["Values"])
                for each in request.get("TagFilters", [])
            )
        ]
        found = [{"ResourceARN": arn, "Tags": pairs(self._tags[arn])} for arn in arns if arn in self._tags]
        return {"ResourceTagMappingList": found}

    def _change(self, name: str, operation: str, before: str, after: str) -> dict[str, Any]:
        fleet = self._known(name, operation)
        if fleet["State"] != before:
            raise _error("OperationNotPermittedException", operation)
        fleet["State"] = after
        return {}

    def _known(self, name: str, operation: str) -> dict[str, Any]:
        if name not in self.fleets:
            raise _error("ResourceNotFoundException", operation)
        return self.fleets[name]


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "The fleet says no"}}, operation)
