"""What the owner of the fleet has in AWS: sixty resources of six kinds, and whether each of them runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from signalbox_local.owner import MANAGED, Aws

TAGS = ({"Key": "env", "Value": "qa"}, MANAGED)
INSTANCES = {"t3.large": 6, "m5.xlarge": 3}
GROUPS, SIZE = 4, 2
DATABASES, CLUSTERS, SERVICES, DESKTOPS = 5, 3, 9, 25
IMAGE, CLUSTER = "ami-12345678", "shop"
SECRET = {"MasterUsername": "someone", "MasterUserPassword": "something"}
Thing = tuple[str, str]
"""Kind and id, as Signalbox calls them."""


def make_resources(aws: Aws) -> None:
    """All of them run. Five cannot be stopped: a one-time spot instance, a database with a replica and that
    replica, a daemon, and a desktop that is always on."""
    _make_instances(aws("ec2"))
    _make_groups(aws)
    _make_databases(aws("rds"))
    _make_services(aws("ecs"))
    _make_desktops(aws)


def _make_instances(ec2: Any) -> None:
    tagged = [{"ResourceType": "instance", "Tags": list(TAGS)}]
    for type_, count in INSTANCES.items():
        ec2.run_instances(
            ImageId=IMAGE, MinCount=count, MaxCount=count, InstanceType=type_, TagSpecifications=tagged
        )
    spot = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}
    ec2.run_instances(
        ImageId=IMAGE,
        MinCount=1,
        MaxCount=1,
        InstanceType="m5.large",
        InstanceMarketOptions=spot,
        TagSpecifications=tagged,
    )


def _make_groups(aws: Aws) -> None:
    ec2 = aws("ec2")
    template = {"ImageId": IMAGE, "InstanceType": "m5.large"}
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=template)
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    for number in range(GROUPS):
        aws("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=f"web-{number}",
            MinSize=1,
            MaxSize=4,
            DesiredCapacity=SIZE,
            LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"},
            AvailabilityZones=[zone],
            Tags=[{**tag, "PropagateAtLaunch": False} for tag in TAGS],
        )


def _make_databases(rds: Any) -> None:
    alike = {"DBInstanceClass": "db.r6g.large", "Tags": list(TAGS)}
    for name in (*(f"orders-{number}" for number in range(DATABASES)), "ledger"):
        rds.create_db_instance(
            DBInstanceIdentifier=name, Engine="postgres", AllocatedStorage=20, **SECRET, **alike
        )
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="ledger-replica", SourceDBInstanceIdentifier="ledger", **alike
    )
    for number in range(CLUSTERS):
        rds.create_db_cluster(
            DBClusterIdentifier=f"catalogue-{number}",
            Engine="aurora-postgresql",
            EngineMode="provisioned",
            DBClusterInstanceClass="db.r6g.large",
            Tags=list(TAGS),
            **SECRET,
        )


def _make_services(ecs: Any) -> None:
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in TAGS]
    ecs.create_cluster(clusterName=CLUSTER)
    container = {"name": "web", "image": "web", "memory": 128}
    ecs.register_task_definition(family="web", containerDefinitions=[container])
    alike = {"cluster": CLUSTER, "taskDefinition": "web", "desiredCount": 2, "tags": tags}
    for number in range(SERVICES):
        ecs.create_service(serviceName=f"api-{number}", launchType="FARGATE", **alike)
    ecs.create_service(serviceName="logs", launchType="EC2", schedulingStrategy="DAEMON", **alike)


def _make_desktops(aws: Aws) -> None:
    subnets = [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"]][:2]
    network = {"VpcId": aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"], "SubnetIds": subnets}
    directory = aws("ds").create_directory(
        Name="shop.example", Password="Password1", Size="Small", VpcSettings=network
    )["DirectoryId"]
    aws("workspaces").register_workspace_directory(DirectoryId=directory)
    for number in range(DESKTOPS + 1):
        mode = "AUTO_STOP" if number < DESKTOPS else "ALWAYS_ON"
        aws("workspaces").create_workspaces(
            Workspaces=[
                {
                    "DirectoryId": directory,
                    "UserName": f"tester-{number}",
                    "BundleId": "wsb-01234567",
                    "WorkspaceProperties": {"RunningMode": mode, "ComputeTypeName": "STANDARD"},
                    "Tags": list(TAGS),
                }
            ]
        )


def power_of(aws: Aws) -> Mapping[Thing, bool]:
    """Whether each of them runs, as AWS itself says."""
    return dict(_power(aws))


def _power(aws: Aws) -> Iterator[tuple[Thing, bool]]:
    filters = [{"Name": f"tag:{TAGS[0]['Key']}", "Values": [TAGS[0]["Value"]]}]
    for page in aws("ec2").describe_instances(Filters=filters)["Reservations"]:
        for one in page["Instances"]:
            yield ("ec2", one["InstanceId"]), one["State"]["Name"] == "running"
    for group in aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]:
        yield ("autoscaling", group["AutoScalingGroupName"]), bool(group["Instances"])
    for one in aws("rds").describe_db_instances()["DBInstances"]:
        yield ("rds", one["DBInstanceIdentifier"]), one["DBInstanceStatus"] == "available"
    for one in aws("rds").describe_db_clusters()["DBClusters"]:
        yield ("cluster", one["DBClusterIdentifier"]), one["Status"] == "available"
    arns = aws("ecs").list_services(cluster=CLUSTER, maxResults=100)["serviceArns"]
    for one in aws("ecs").describe_services(cluster=CLUSTER, services=arns)["services"]:
        yield ("ecs", f"{CLUSTER}/{one['serviceName']}"), one["runningCount"] > 0
    for one in aws("workspaces").describe_workspaces()["Workspaces"]:
        yield ("workspaces", one["WorkspaceId"]), one["State"] == "AVAILABLE"
