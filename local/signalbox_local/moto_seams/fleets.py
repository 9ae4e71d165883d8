"""Seams of what fleets start and stop: EC2, databases, containers, desktops and resource groups."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidInstanceIdError, InvalidParameterCombination
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import filter_reservations
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.rds.models import RDSBackend
from moto.resourcegroups import urls as group_urls
from moto.resourcegroups.responses import ResourceGroupsResponse
from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.workspaces.responses import WorkSpacesResponse

from signalbox_local.moto_seams.associations import associations
from signalbox_local.moto_seams.seams import Seams

_PAGE = 1000
_RESOURCE_TYPES = {"ec2:instance": "AWS::EC2::Instance", "rds:db": "AWS::RDS::DBInstance",
                   "rds:cluster": "AWS::RDS::DBCluster", "ecs:service": "AWS::ECS::Service",
                   "elasticbeanstalk:environment": "AWS::ElasticBeanstalk::Environment",
                   "workspaces:workspace": "AWS::WorkSpaces::Workspace"}  # fmt: skip


def _real_time() -> datetime:
    return datetime.now(UTC)


def fleet_resources(seams: Seams, now: Callable[[], datetime] = _real_time) -> None:
    """Instances are paged and found as on AWS; what moto lacks of starts and stops is there. Associations
    run by the clock `now`."""
    _instance_pages(seams)
    _instance_states(seams)
    _services(seams)
    _desktops(seams)
    _resource_groups(seams)
    _commands(seams)
    associations(seams, now)


def _instance_pages(seams: Seams) -> None:
    # moto goes through the tags of all resources for those of one.
    def get_tags(self: TaggedEC2Resource) -> list[dict[str, str]]:
        own: Any = self
        tags = own.ec2_backend.tags.get(own.id, {})
        return [{"resource_id": own.id, "key": key, "value": value} for key, value in tags.items()]

    seams.replace(TaggedEC2Resource, "get_tags", get_tags)

    # moto's page is so many reservations, however many instances are in them, and 100 when none is asked for.
    def describe_instances(self: InstanceResponse) -> ActionResult:
        self.error_on_dryrun()
        ids = self._get_param("InstanceIds", [])
        size = self._get_param("MaxResults")
        if ids and size:
            raise InvalidParameterCombination("instancesSet cannot be used with maxResults")
        reservations = _with_ids(self.ec2_backend, ids) if ids else self.ec2_backend.all_reservations()
        filters = self._filters_from_querystring()
        found = filter_reservations(reservations, filters) if filters else reservations
        page, token = _page(found, int(size or _PAGE), self._get_param("NextToken"))
        return ActionResult({"Reservations": page, "NextToken": token})

    seams.replace(InstanceResponse, "describe_instances", describe_instances)


def _with_ids(backend: Any, ids: list[str]) -> list[Any]:
    wanted = set(ids)
    found = backend.all_reservations()
    for reservation in found:
        reservation.instances = [each for each in reservation.instances if each.id in wanted]
    there = {each.id for reservation in found for each in reservation.instances}
    if wanted - there:
        raise InvalidInstanceIdError([id_ for id_ in ids if id_ not in there])
    return [reservation for reservation in found if reservation.instances]


def _page(reservations: list[Any], size: int, token: str | None) -> tuple[list[Any], str | None]:
    """After the instance that the token names, at most so many instances; a reservation may be cut."""
    page: list[Any] = []
    last, begun = None, token is None
    for reservation in reservations:
        ids = [each.id for each in reservation.instances]
        if not begun and token not in ids:
            continue
        rest = reservation.instances[0 if begun else ids.index(str(token)) + 1 :]
        begun = True
        if rest and size == 0:
            return page, last
        cut = len(rest) > size
        reservation.instances, size = rest[:size], size - len(rest[:size])
        if reservation.instances:
            page.append(reservation)
            last = reservation.instances[-1].id
        if cut:
            return page, last
    return page, None


def _instance_states(seams: Seams) -> None:
    # moto revives a terminated instance, and stops it.
    def unless_terminated(verb: str) -> Callable[..., Any]:
        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def change(self: InstanceBackend, instance_ids: list[str]) -> Any:
                for each in self.get_multi_instances_by_id(instance_ids):
                    if each._state.name in {"shutting-down", "terminated"}:
                        raise IncorrectInstanceState(each.id, verb)
                return original(self, instance_ids)

            return change

        return around

    # moto changes the type of a running instance.
    def if_stopped(original: Callable[..., Any]) -> Callable[..., Any]:
        def modify_instance_attribute(self: InstanceBackend, instance_id: str, key: str, value: Any) -> Any:
            if key == "instance_type" and self.get_instance(instance_id)._state.name != "stopped":
                raise IncorrectInstanceState(instance_id, "given another type")
            return original(self, instance_id, key, value)

        return modify_instance_attribute

    seams.wrap(InstanceBackend, "modify_instance_attribute", if_stopped)
    seams.wrap(InstanceBackend, "start_instances", unless_terminated("started"))
    seams.wrap(InstanceBackend, "stop_instances", unless_terminated("stopped"))


class IncorrectInstanceState(EC2ClientError):
    """EC2's answer to a start or a stop at the wrong time."""

    def __init__(self, id_: str, verb: str) -> None:
        message = f"This instance '{id_}' is not in a state from which it can be {verb}."
        super().__init__("IncorrectInstanceState", message)


def _services(seams: Seams) -> None:
    # moto answers StartDBCluster with a status that RDS does not have.
    def starting(original: Callable[..., Any]) -> Callable[..., Any]:
        def start_db_cluster(self: RDSBackend, cluster_identifier: str) -> Any:
            answer = original(self, cluster_identifier)
            answer.status = "starting"
            return answer

        return start_db_cluster

    # moto never starts the tasks that a new service asks for.
    def running(original: Callable[..., None]) -> Callable[..., None]:
        def initialise(self: Service, *args: Any, **given: Any) -> None:
            original(self, *args, **given)
            self.running_count, self.pending_count = self.desired_count, 0

        return initialise

    # moto scales a service that was deleted.
    def if_active(original: Callable[..., Any]) -> Callable[..., Any]:
        def update_service(self: EC2ContainerServiceBackend, given: dict[str, Any]) -> Any:
            service = self._get_service(given.get("cluster", "default"), given["service"])
            if service.status != "ACTIVE":
                raise JsonRESTError("ServiceNotActiveException", "Service was not ACTIVE.")
            return original(self, given)

        return update_service

    seams.wrap(RDSBackend, "start_db_cluster", starting)
    seams.wrap(Service, "__init__", running)
    seams.wrap(EC2ContainerServiceBackend, "update_service", if_active)


def _desktops(seams: Seams) -> None:
    # moto knows WorkSpaces that run, and no others.
    def change(verb: str, before: set[str], after: str) -> Callable[..., str]:
        def answer(self: WorkSpacesResponse) -> str:
            failed = []
            for request in json.loads(self.body)[f"{verb}WorkspaceRequests"]:
                found = self.workspaces_backend.workspaces.get(request["WorkspaceId"])
                if found is None:
                    failed.append({**request, "ErrorCode": "ResourceNotFound.Workspace"})
                elif found.state not in before or found.workspace_properties["RunningMode"] == "ALWAYS_ON":
                    failed.append({**request, "ErrorCode": "OperationNotSupportedException"})
                else:
                    found.state = after
            return json.dumps({"FailedRequests": failed})

        return answer

    stoppable = {"AVAILABLE", "IMPAIRED", "UNHEALTHY", "ERROR"}
    seams.replace(WorkSpacesResponse, "start_workspaces", change("Start", {"STOPPED"}, "AVAILABLE"))
    seams.replace(WorkSpacesResponse, "stop_workspaces", change("Stop", stoppable, "STOPPED"))


def _commands(seams: Seams) -> None:
    # moto does not list what a command does on each instance.
    def list_command_invocations(self: SimpleSystemManagerResponse) -> ActionResult:
        wanted = {each["value"] for each in self._get_param("Filters", []) if each["key"] == "Status"}
        return ActionResult(
            {
                "CommandInvocations": [
                    {
                        "CommandId": command.command_id,
                        "InstanceId": instance,
                        "DocumentName": command.document_name,
                        "Status": command.status,
                    }
                    for command in self.ssm_backend._commands
                    for instance in command.instance_ids
                    if command.status in wanted or not wanted
                ]
            }
        )

    seams.replace(SimpleSystemManagerResponse, "list_command_invocations", list_command_invocations)


def _resource_groups(seams: Seams) -> None:
    # moto does not know who is in a group.
    def list_group_resources(self: ResourceGroupsResponse) -> str:
        name = (self._get_param("Group") or self._get_param("GroupName")).rpartition("/")[2]
        query = json.loads(self.resourcegroups_backend.get_group(name).resource_query["Query"])
        tagging = resourcegroupstaggingapi_backends[self.current_account][self.region]
        types = {value for each in self._get_param("Filters") or [] for value in each["Values"]}
        members = [
            {"ResourceArn": found.arn, "ResourceType": type_}
            for found in tagging._get_resources_generator(tag_filters=query["TagFilters"])
            if (type_ := _RESOURCE_TYPES.get(found.resource_type, "")) in types or not types
        ]
        return json.dumps({"Resources": [{"Identifier": each} for each in members]})

    path = {"{0}/list-group-resources$": ResourceGroupsResponse.dispatch}
    seams.replace(ResourceGroupsResponse, "list_group_resources", list_group_resources)
    seams.replace(group_urls, "url_paths", {**group_urls.url_paths, **path})
