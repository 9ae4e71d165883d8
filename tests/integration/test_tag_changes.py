"""The bus of the local runtime hears whose tags were changed, whichever service was asked."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox.fleets.commands.mind_tag import TagChanged
from signalbox.fleets.commands.occurrences import power_told
from signalbox.fleets.model import Kind
from signalbox_local.moto_seams import Seams, tag_changes
from tests.integration.fleet_stages import HOME, REGION

TAG: Any = {"Key": "signalbox:power", "Value": "running until *"}


@pytest.fixture
def events() -> Iterator[list[Any]]:
    told: list[Any] = []
    seams = Seams()
    tag_changes(seams, told.append, REGION)
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield told
    seams.undo()


def _told(events: list[Any]) -> list[tuple[Kind | None, str, list[str]]]:
    """As the function that the rule wakes reads them; each once."""
    place = {"region": HOME.region, "account": HOME.account}
    found = [(power_told({**event, **place}), event["detail"]["changed-tag-keys"]) for event in events]
    events.clear()
    return [(one.kind, one.id, keys) for one, keys in found if isinstance(one, TagChanged)]


def test_instances_and_nothing_else_of_ec2(events: list[Any]) -> None:
    ec2 = boto3.client("ec2")
    ids = [
        each["InstanceId"] for each in ec2.run_instances(ImageId="ami-1", MinCount=2, MaxCount=2)["Instances"]
    ]
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    events.clear()
    ec2.create_tags(Resources=[*ids, volume], Tags=[TAG])
    assert _told(events) == [(Kind.EC2, id_, ["signalbox:power"]) for id_ in ids]
    ec2.delete_tags(Resources=ids[:1], Tags=[{"Key": "signalbox:power"}])
    assert _told(events) == [(Kind.EC2, ids[0], ["signalbox:power"])]


def test_groups(events: list[Any]) -> None:
    autoscaling = boto3.client("autoscaling")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="web", ImageId="ami-1", InstanceType="t3.micro"
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=[f"{REGION}a"],
    )
    tag: Any = {**TAG, "ResourceId": "web", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}
    autoscaling.create_or_update_tags(Tags=[tag])
    assert _told(events) == [(Kind.AUTOSCALING, "web", ["signalbox:power"])]
    autoscaling.delete_tags(Tags=[tag])
    assert _told(events) == [(Kind.AUTOSCALING, "web", ["signalbox:power"])]


def test_databases(events: list[Any]) -> None:
    rds = boto3.client("rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t3.medium", Engine="postgres"
    )["DBInstance"]["DBInstanceArn"]
    rds.add_tags_to_resource(ResourceName=made, Tags=[TAG])
    assert _told(events) == [(Kind.RDS, "orders", ["signalbox:power"])]
    rds.remove_tags_from_resource(ResourceName=made, TagKeys=["signalbox:power"])
    assert _told(events) == [(Kind.RDS, "orders", ["signalbox:power"])]


def test_services(events: list[Any]) -> None:
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="qa")
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 128}]
    )
    arn = ecs.create_service(cluster="qa", serviceName="web", taskDefinition="web", desiredCount=0)[
        "service"
    ]["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "signalbox:power", "value": "x"}])
    assert _told(events) == [(Kind.ECS, "qa/web", ["signalbox:power"])]
    ecs.untag_resource(resourceArn=arn, tagKeys=["signalbox:power"])
    assert _told(events) == [(Kind.ECS, "qa/web", ["signalbox:power"])]


def test_what_was_refused_is_not_told(events: list[Any]) -> None:
    with pytest.raises(boto3.client("rds").exceptions.ClientError):
        boto3.client("rds").add_tags_to_resource(ResourceName="arn:none", Tags=[TAG])
    assert not events
