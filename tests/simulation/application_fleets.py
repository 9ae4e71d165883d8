"""Fleets of AppStream, which moto has not: as much of it as its owner and the product ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import JsonRESTError
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource

from signalbox_local.moto_seams import Seams
from tests.simulation.power import Power

FLEET_TAKES = 55.0  # seconds
_HEADERS = {"Content-Type": "application/x-amz-json-1.1"}
Request = Mapping[str, Any]


@dataclass
class ApplicationFleet:
    """`state` as DescribeFleets tells it."""

    arn: str
    instance_type: str
    tags: dict[str, str]
    state: str = "STOPPED"


class AppStreamBackend(BaseBackend, TaggableResourcesMixin):
    """Of one account and region: its fleets by name."""

    SERVICE_NAMESPACE = "appstream"

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.fleets: dict[str, ApplicationFleet] = {}

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """For GetResources."""
        for each in self.fleets.values():
            yield TaggedResource(arn=each.arn, tags=each.tags, resource_type="appstream:fleet")


appstream_backends = BackendDict(AppStreamBackend, "appstream")


class ApplicationFleets:
    """Answers where moto would. Fleets take their time to start and to stop."""

    def __init__(self, power: Power, account: str, region: str) -> None:
        self._power = power
        self._backend: AppStreamBackend = appstream_backends[account][region]
        self._answers: Mapping[str, Callable[[Request], dict[str, Any]]] = {
            "CreateFleet": self._create,
            "DescribeFleets": self._describe,
            "StartFleet": partial(self._move, "STOPPED", "STARTING", "RUNNING"),
            "StopFleet": partial(self._move, "RUNNING", "STOPPING", "STOPPED"),
        }

    def install(self, seams: Seams) -> None:
        """Around moto, inside of everything else."""

        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def answer(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:
                _, service, operation = event_name.split(".")
                if service != "appstream":
                    return original(stubber, event_name, request, **given)
                status, body = self._answer(operation, json.loads(request.body))
                headers = HTTPHeaders.from_dict(_HEADERS)
                return AWSResponse(request.url, status, headers, MockRawResponse(body))

            return answer

        seams.wrap(BotocoreStubber, "__call__", around)

    def _answer(self, operation: str, request: Request) -> tuple[int, bytes]:
        try:
            return 200, json.dumps(self._answers[operation](request)).encode()
        except JsonRESTError as error:
            return 400, str(error.get_body()).encode()

    def _create(self, request: Request) -> dict[str, Any]:
        name, where = request["Name"], f"{self._backend.region_name}:{self._backend.account_id}"
        arn = f"arn:aws:appstream:{where}:fleet/{name}"
        made = ApplicationFleet(arn=arn, instance_type=request["InstanceType"], tags=request["Tags"])
        self._backend.fleets[name] = made
        return {"Fleet": _told(name, made)}

    def _describe(self, request: Request) -> dict[str, Any]:
        names = request.get("Names") or list(self._backend.fleets)
        return {"Fleets": [_told(name, self._known(name)) for name in names]}

    def _move(self, before: str, on_the_way: str, there: str, request: Request) -> dict[str, Any]:
        fleet = self._known(request["Name"])
        if fleet.state != before:
            raise JsonRESTError("OperationNotPermittedException", f"The fleet is {fleet.state}")
        fleet.state = on_the_way
        self._power.later(FLEET_TAKES, partial(setattr, fleet, "state", there))
        return {}

    def _known(self, name: str) -> ApplicationFleet:
        if name not in self._backend.fleets:
            raise JsonRESTError("ResourceNotFoundException", f"There is no fleet {name}")
        return self._backend.fleets[name]


def _told(name: str, fleet: ApplicationFleet) -> dict[str, Any]:
    return {
        "Arn": fleet.arn,
        "Name": name,
        "InstanceType": fleet.instance_type,
        "ComputeCapacityStatus": {"Desired": 1},
        "State": fleet.state,
    }
