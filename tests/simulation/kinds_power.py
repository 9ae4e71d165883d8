"""Clusters, services and desktops take their time to start and to stop, as instances and databases do."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend
from moto.rds.models import DBCluster, RDSBackend
from moto.workspaces.responses import WorkSpacesResponse

from signalbox_local.moto_seams import Seams
from tests.simulation.power import Power

CLUSTER_TAKES = 60.0  # seconds
TASKS_TAKE = 30.0
DESKTOP_TAKES = 50.0
TOLD = {"available": "RDS-EVENT-0151", "stopped": "RDS-EVENT-0150"}
STOOD_TOO_LONG = "RDS-EVENT-0153"


def slow_kinds(seams: Seams, power: Power) -> None:
    """Around moto, where all of them are there at once; `power` knows when they are."""
    seams.wrap(RDSBackend, "start_db_cluster", _cluster(power, "stopped", "starting", "available"))
    seams.wrap(RDSBackend, "stop_db_cluster", _cluster(power, "available", "stopping", "stopped"))
    seams.wrap(EC2ContainerServiceBackend, "update_service", _tasks(power))
    seams.wrap(WorkSpacesResponse, "start_workspaces", _desktops(power, "Start", "STARTING"))
    seams.wrap(WorkSpacesResponse, "stop_workspaces", _desktops(power, "Stop", "STOPPING"))


def _cluster(power: Power, before: str, on_the_way: str, there: str) -> Callable[..., Any]:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def change(backend: RDSBackend, cluster_identifier: str) -> Any:
            cluster: Any = backend.clusters.get(cluster_identifier)
            if cluster is None or cluster.status != before:
                return original(backend, cluster_identifier)  # which refuses
            _move(power, cluster, on_the_way, there)
            return cluster

        return change

    return around


def start_cluster(power: Power, cluster: DBCluster) -> None:
    """As RDS does by itself with what has stood still for seven days."""
    _move(power, cluster, "starting", "available")
    _tell_of(power, cluster, STOOD_TOO_LONG)


def _move(power: Power, cluster: DBCluster, on_the_way: str, there: str) -> None:
    cluster.status = on_the_way

    def arrive() -> None:
        cluster.status = there
        _tell_of(power, cluster, TOLD[there])

    power.later(CLUSTER_TAKES, arrive)


def _tell_of(power: Power, cluster: DBCluster, event: str) -> None:
    named = {"SourceType": "CLUSTER", "SourceIdentifier": str(cluster.db_cluster_identifier)}
    power.tell("aws.rds", "RDS DB Cluster Event", {**named, "EventID": event})


def _tasks(power: Power) -> Callable[..., Any]:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def update_service(backend: EC2ContainerServiceBackend, given: dict[str, Any]) -> Any:
            before = backend._get_service(given.get("cluster", "default"), given["service"]).running_count
            service = original(backend, given)
            service.running_count = before

            def arrive() -> None:
                service.running_count = service.desired_count

            power.later(TASKS_TAKE, arrive)
            return service

        return update_service

    return around


def _desktops(power: Power, verb: str, on_the_way: str) -> Callable[..., Any]:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: WorkSpacesResponse) -> Any:
            requests = json.loads(self.body)[f"{verb}WorkspaceRequests"]
            known = self.workspaces_backend.workspaces
            before = {each["WorkspaceId"]: known[each["WorkspaceId"]].state for each in requests}
            answer = original(self)
            for id_, state in before.items():
                there = known[id_].state
                if there != state:
                    known[id_].state = on_the_way
                    power.later(DESKTOP_TAKES, partial(setattr, known[id_], "state", there))
            return answer

        return change

    return around
