"""What there is besides instances, groups and databases: made by its owner, and read past every API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ecs.models import ecs_backends
from moto.rds.models import rds_backends
from moto.workspaces.models import workspaces_backends

from signalbox.aws.fleets.groups import ENVIRONMENT
from signalbox.fleets.model import Kind
from signalbox_local.owner import Aws, two_subnets
from tests.simulation.application_fleets import appstream_backends

# How `conditions` of an estate calls a resource: this, then its id.
PREFIXES: Mapping[Kind, str] = {
    Kind.EC2: "",
    Kind.RDS: "db:",
    Kind.AUTOSCALING: "group:",
    Kind.CLUSTER: "cluster:",
    Kind.ECS: "service:",
    Kind.BEANSTALK: "environment:",
    Kind.WORKSPACES: "desktop:",
    Kind.APPSTREAM: "applications:",
}
SIZED = tuple(PREFIXES[kind] for kind in (Kind.AUTOSCALING, Kind.ECS, Kind.BEANSTALK))
TASKS = 3
Tags = Mapping[str, str]


def called(key: str) -> str:
    """What a key of `Lot.key_of` is in `conditions`."""
    kind, _, id_ = key.split("/", 2)[2].partition("/")
    return PREFIXES[Kind(kind)] + id_


def pairs(tags: Tags, **more: object) -> list[dict[str, object]]:
    """As most services take tags."""
    return [{"Key": key, "Value": value, **more} for key, value in tags.items()]


class OtherKinds:
    """Their owner; `group` makes an Auto Scaling group. Each answers what `conditions` calls it."""

    def __init__(self, aws: Aws, group: Callable[[str, Tags], None]) -> None:
        self._aws = aws
        self._group = group
        self._aws("ecs").create_cluster(clusterName="shop")
        container = {"name": "web", "image": "web", "memory": 128}
        self._aws("ecs").register_task_definition(family="web", containerDefinitions=[container])
        self._directory = self._registered_directory()

    def all(self, name: str, tags: Tags) -> dict[Kind, tuple[str, ...]]:
        """One of each."""
        return {
            Kind.CLUSTER: (self.cluster(name, tags),),
            Kind.ECS: (self.service(name, tags),),
            Kind.BEANSTALK: (self.environment(name, tags),),
            Kind.WORKSPACES: (self.desktop(name, tags),),
            Kind.APPSTREAM: (self.applications(name, tags),),
        }

    def cluster(self, name: str, tags: Tags) -> str:
        """Of Aurora."""
        self._aws("rds").create_db_cluster(
            DBClusterIdentifier=name,
            Engine="aurora-mysql",
            EngineMode="provisioned",
            MasterUsername="somebody",
            MasterUserPassword="something",
            Tags=pairs(tags),
        )
        return f"cluster:{name}"

    def service(self, name: str, tags: Tags) -> str:
        """Of ECS, in cluster `shop`."""
        named = [{"key": key, "value": value} for key, value in tags.items()]
        self._aws("ecs").create_service(
            cluster="shop", serviceName=name, taskDefinition="web", desiredCount=TASKS, tags=named
        )
        return f"service:shop/{name}"

    def environment(self, name: str, tags: Tags) -> str:
        """Of Elastic Beanstalk; moto makes no group for it."""
        self._aws("elasticbeanstalk").create_application(ApplicationName=name)
        self._aws("elasticbeanstalk").create_environment(
            ApplicationName=name, EnvironmentName=name, SolutionStackName="any", Tags=pairs(tags)
        )
        self._group(f"awseb-{name}", {ENVIRONMENT: name, **tags})
        return f"environment:{name}"

    def desktop(self, name: str, tags: Tags) -> str:
        """A WorkSpace that is started by hand."""
        wanted = {
            "DirectoryId": self._directory,
            "UserName": name,
            "BundleId": "wsb-01234567",
            "WorkspaceProperties": {"RunningMode": "AUTO_STOP", "ComputeTypeName": "STANDARD"},
            "Tags": pairs(tags),
        }
        found = self._aws("workspaces").create_workspaces(Workspaces=[wanted])
        return f"desktop:{found['PendingRequests'][0]['WorkspaceId']}"

    def applications(self, name: str, tags: Tags) -> str:
        """A fleet of AppStream."""
        self._aws("appstream").create_fleet(
            Name=name,
            InstanceType="stream.standard.small",
            ComputeCapacity={"DesiredInstances": 1},
            Tags=dict(tags),
        )
        self._aws("appstream").start_fleet(Name=name)
        return f"applications:{name}"

    def _registered_directory(self) -> str:
        vpc = self._aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        network = {"VpcId": vpc, "SubnetIds": two_subnets(self._aws)}
        made: str = self._aws("ds").create_directory(
            Name="shop.example", Password="Password1", Size="Small", VpcSettings=network
        )["DirectoryId"]
        self._aws("workspaces").register_workspace_directory(DirectoryId=made)
        return made


def conditions_of_kinds(account: str, region: str) -> dict[str, str]:
    """Groups and environments by `minimum maximum desired`, services by the tasks that are wanted, and how
    many run when that differs; the others by their state."""
    found = {}
    groups: Mapping[str, Any] = autoscaling_backends[account][region].autoscaling_groups
    for name, group in groups.items():
        environments = [tag["Value"] for tag in group.tags if tag["Key"] == ENVIRONMENT]
        called = f"environment:{environments[0]}" if environments else f"group:{name}"
        found[called] = f"{group.min_size} {group.max_size} {group.desired_capacity}"
    for name, cluster in rds_backends[account][region].clusters.items():
        found[f"cluster:{name}"] = str(cluster.status)
    for service in ecs_backends[account][region].services.values():
        wanted, runs = service.desired_count, service.running_count
        told = str(wanted) if wanted == runs else f"{wanted} wanted"
        found[f"service:{service.cluster_name}/{service.name}"] = told
    for id_, desktop in workspaces_backends[account][region].workspaces.items():
        found[f"desktop:{id_}"] = str(desktop.state).lower()
    for name, fleet in appstream_backends[account][region].fleets.items():
        found[f"applications:{name}"] = fleet.state.lower()
    return found
