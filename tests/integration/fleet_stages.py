"""A stage for each kind of resource: what the conformance suite of fleets makes there, and takes away."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import boto3

from signalbox.aws.fleets.groups import ENVIRONMENT
from signalbox.fleets.model import Kind, Place

ACCOUNT, REGION = "123456789012", "eu-west-1"
HOME = Place(region=REGION, account=ACCOUNT)
OTHER_ACCOUNT = "222222222222"
OTHER = Place(
    region=REGION,
    account=OTHER_ACCOUNT,
    role_arn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/signalbox-fleets",
    external_id="between-us",
)
_NUMBERS = itertools.count(1)


def pairs(tags: Mapping[str, str], **more: object) -> Any:
    return [{"Key": key, "Value": value, **more} for key, value in tags.items()]


class Stage:
    """One kind at one place. `operations` are those that start and stop; `nobody` is there for nobody."""

    kind: ClassVar[Kind]
    service: ClassVar[str]
    operations: ClassVar[tuple[str, str]]
    nobody: ClassVar[str] = "nobody"
    grouped: ClassVar[bool] = True

    def __init__(self, session: boto3.Session, account: str = ACCOUNT) -> None:
        self.account = account
        self.client: Any = session.client(self.service, REGION)  # type: ignore[call-overload]
        self.session = session
        self._there: list[str] = []

    def put(self, name: str, tags: Mapping[str, str]) -> str:
        """Makes one that runs; its id."""
        self._there.append(self.make(f"{name}-{next(_NUMBERS)}", tags))
        return self._there[-1]

    def take(self, id_: str) -> None:
        """Removes it."""
        self.remove(id_)
        self._there.remove(id_)

    def clear(self) -> None:
        """Removes what was made."""
        for id_ in list(self._there):
            self.take(id_)

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        raise NotImplementedError

    def remove(self, id_: str) -> None:
        raise NotImplementedError

    def arn(self, id_: str) -> str:
        raise NotImplementedError


class Instances(Stage):
    kind, service = Kind.EC2, "ec2"
    operations = ("StartInstances", "StopInstances")
    nobody = "i-0123456789abcdef0"

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        found = self.client.run_instances(
            ImageId="ami-1",
            MinCount=1,
            MaxCount=1,
            InstanceType="m5.large",
            TagSpecifications=[{"ResourceType": "instance", "Tags": pairs({"Name": name, **tags})}],
        )
        return str(found["Instances"][0]["InstanceId"])

    def remove(self, id_: str) -> None:
        self.client.terminate_instances(InstanceIds=[id_])

    def arn(self, id_: str) -> str:
        return f"arn:aws:ec2:{REGION}:{self.account}:instance/{id_}"


class Groups(Stage):
    kind, service = Kind.AUTOSCALING, "autoscaling"
    operations = ("UpdateAutoScalingGroup", "UpdateAutoScalingGroup")
    # Resource Groups knows them in stacks only, and moto knows no such groups.
    grouped = False

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        templates: Any = self.session.client("ec2", REGION)
        known = templates.describe_launch_templates()["LaunchTemplates"]
        if not known:
            templates.create_launch_template(
                LaunchTemplateName="any", LaunchTemplateData={"ImageId": "ami-1", "InstanceType": "m5.large"}
            )
        self.client.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=1,
            MaxSize=4,
            DesiredCapacity=2,
            LaunchTemplate={"LaunchTemplateName": "any", "Version": "$Latest"},
            AvailabilityZones=[f"{REGION}a"],
            Tags=pairs(tags, ResourceId=name, ResourceType="auto-scaling-group", PropagateAtLaunch=True),
        )
        return name

    def remove(self, id_: str) -> None:
        self.client.delete_auto_scaling_group(AutoScalingGroupName=id_, ForceDelete=True)

    def arn(self, id_: str) -> str:
        return f"arn:aws:autoscaling:{REGION}:{self.account}:autoScalingGroup:u-1:autoScalingGroupName/{id_}"


class Databases(Stage):
    kind, service = Kind.RDS, "rds"
    operations = ("StartDBInstance", "StopDBInstance")

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        self.client.create_db_instance(
            DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.t3.medium", AllocatedStorage=10,
            MasterUsername="someone", MasterUserPassword="password", Tags=pairs(tags),
        )  # fmt: skip
        return name

    def remove(self, id_: str) -> None:
        self.client.delete_db_instance(DBInstanceIdentifier=id_, SkipFinalSnapshot=True)

    def arn(self, id_: str) -> str:
        return f"arn:aws:rds:{REGION}:{self.account}:db:{id_}"


class Clusters(Stage):
    kind, service = Kind.CLUSTER, "rds"
    operations = ("StartDBCluster", "StopDBCluster")

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        self.client.create_db_cluster(
            DBClusterIdentifier=name, Engine="aurora-mysql", EngineMode="provisioned",
            MasterUsername="someone", MasterUserPassword="password", Tags=pairs(tags),
        )  # fmt: skip
        return name

    def remove(self, id_: str) -> None:
        self.client.delete_db_cluster(DBClusterIdentifier=id_, SkipFinalSnapshot=True)

    def arn(self, id_: str) -> str:
        return f"arn:aws:rds:{REGION}:{self.account}:cluster:{id_}"


class Services(Stage):
    kind, service = Kind.ECS, "ecs"
    operations = ("UpdateService", "UpdateService")
    nobody = "shop/nobody"

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        self.client.create_cluster(clusterName="shop")
        container = {"name": "web", "image": "web", "memory": 128}
        self.client.register_task_definition(family="web", containerDefinitions=[container])
        named = [{"key": key, "value": value} for key, value in tags.items()]
        self.client.create_service(
            cluster="shop", serviceName=name, taskDefinition="web", desiredCount=3, tags=named
        )
        return f"shop/{name}"

    def remove(self, id_: str) -> None:
        self.client.delete_service(cluster="shop", service=id_.partition("/")[2], force=True)

    def arn(self, id_: str) -> str:
        return f"arn:aws:ecs:{REGION}:{self.account}:service/{id_}"


class Environments(Stage):
    """moto makes no group for an environment, and keeps one until its application is deleted."""

    kind, service = Kind.BEANSTALK, "elasticbeanstalk"
    operations = ("UpdateAutoScalingGroup", "UpdateAutoScalingGroup")

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        self.client.create_application(ApplicationName=f"app-{name}")
        self.client.create_environment(
            ApplicationName=f"app-{name}", EnvironmentName=name, SolutionStackName="any", Tags=pairs(tags)
        )
        Groups(self.session, self.account).make(f"awseb-{name}", {ENVIRONMENT: name, **tags})
        return name

    def remove(self, id_: str) -> None:
        self.client.delete_application(ApplicationName=f"app-{id_}", TerminateEnvByForce=True)
        Groups(self.session, self.account).remove(f"awseb-{id_}")

    def arn(self, id_: str) -> str:
        return f"arn:aws:elasticbeanstalk:{REGION}:{self.account}:environment/app-{id_}/{id_}"


class Desktops(Stage):
    kind, service = Kind.WORKSPACES, "workspaces"
    operations = ("StartWorkspaces", "StopWorkspaces")
    nobody = "ws-0123456789"

    def make(self, name: str, tags: Mapping[str, str]) -> str:
        found = self.client.create_workspaces(
            Workspaces=[
                {
                    "DirectoryId": self._directory(),
                    "UserName": name,
                    "BundleId": "wsb-01234567",
                    "WorkspaceProperties": {"RunningMode": "AUTO_STOP", "ComputeTypeName": "STANDARD"},
                    "Tags": pairs(tags),
                }
            ]
        )
        return str(found["PendingRequests"][0]["WorkspaceId"])

    def _directory(self) -> str:
        known = self.client.describe_workspace_directories()["Directories"]
        if known:
            return str(known[0]["DirectoryId"])
        ec2: Any = self.session.client("ec2", REGION)
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
        directories: Any = self.session.client("ds", REGION)
        network = {"VpcId": vpc, "SubnetIds": subnets}
        made = directories.create_directory(
            Name="shop.example", Password="Password1", Size="Small", VpcSettings=network
        )["DirectoryId"]
        self.client.register_workspace_directory(DirectoryId=made)
        return str(made)

    def remove(self, id_: str) -> None:
        self.client.terminate_workspaces(TerminateWorkspaceRequests=[{"WorkspaceId": id_}])

    def arn(self, id_: str) -> str:
        return f"arn:aws:workspaces:{REGION}:{self.account}:workspace/{id_}"


STAGES: tuple[type[Stage], ...] = (
    Instances, Groups, Databases, Clusters, Services, Environments, Desktops,
)  # fmt: skip


@contextmanager
def group_of(session: boto3.Session, name: str, tags: Mapping[str, str]) -> Iterator[None]:
    """A resource group of all that has the tags."""
    filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
    query = json.dumps({"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": filters})
    groups: Any = session.client("resource-groups", REGION)
    groups.create_group(Name=name, ResourceQuery={"Type": "TAG_FILTERS_1_0", "Query": query})
    yield
    groups.delete_group(Group=name)
