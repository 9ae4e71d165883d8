"""For each rule a resource of moto's that is not as the rule says, as its owner would have made it."""

from collections.abc import Callable
from itertools import count
from typing import Any

import boto3

from signalbox.compliance.model import Resource
from signalbox.compliance.record import Baseline
from signalbox.compliance.rules.registry import RULES
from signalbox_local.owner import MANAGED, Aws
from signalbox_local.sample_violations import (
    make_bucket,
    make_database,
    make_group,
    make_instance,
    make_trail,
    make_volume,
    tell_inventory,
)
from tests.unit.builders import NOW
from tests.unit.compliance_fakes import FakeVersions

ACCOUNT, REGION = "123456789012", "eu-west-1"
TAGS = [MANAGED, {"Key": "env", "Value": "qa"}]
NAMED = [*TAGS, {"Key": "Name", "Value": "bastion"}]
_numbers = count(1)


def _aws(session: boto3.Session) -> Aws:
    clients: Any = session.client
    return clients  # type: ignore[no-any-return]


def _new(name: str) -> str:
    """A name that nothing has: all live in one account."""
    return f"{name}-{next(_numbers)}"


def _group(session: boto3.Session, port: int) -> str:
    return make_group(_aws(session), _new(f"open-{port}"), port, TAGS)


def _database(session: boto3.Session) -> str:
    return make_database(_aws(session), _new("orders"), TAGS)


def _trails(session: boto3.Session) -> str:
    """One of all Regions and one of this one alone, both of which stand still."""
    cloudtrail = session.client("cloudtrail")
    if not cloudtrail.describe_trails()["trailList"]:
        make_bucket(_aws(session), "trails", REGION)
        make_trail(_aws(session), "main", "trails")
        make_trail(_aws(session), "local", "trails", everywhere=False)
    for name in ("main", "local"):
        cloudtrail.stop_logging(Name=name)
    return ACCOUNT


def _without_agent(session: boto3.Session) -> str:
    instance = make_instance(_aws(session), NAMED)
    tell_inventory(_aws(session), instance, "openssl")
    return instance


MADE: dict[str, Callable[[boto3.Session], str]] = {
    "baseline-kept": lambda session: make_bucket(_aws(session), _new("open"), REGION, TAGS),
    "bucket-public-access": lambda session: make_bucket(_aws(session), _new("photos"), REGION, TAGS),
    "ssh-closed": lambda session: _group(session, 22),
    "rdp-closed": lambda session: _group(session, 3389),
    "database-backups": _database,
    "database-not-public": _database,
    "database-encrypted": _database,
    "volume-encrypted": lambda session: make_volume(_aws(session), NAMED),
    "volumes-encrypted-by-default": lambda session: ACCOUNT,
    "trail-logging": _trails,
    "instance-metadata": lambda session: make_instance(_aws(session), NAMED),
    "instance-managed": lambda session: make_instance(_aws(session), NAMED),
    "instance-agent": _without_agent,
    "required-tags": lambda session: make_bucket(_aws(session), _new("untagged"), REGION, TAGS),
}


def baselines() -> FakeVersions[Baseline]:
    """Buckets are meant to block public access."""
    made: FakeVersions[Baseline] = FakeVersions()
    field = "supplementaryConfiguration.PublicAccessBlockConfiguration.blockPublicAcls"
    baseline = Baseline(
        resource_type="AWS::S3::Bucket", version=1, expected={field: True}, reason="", at=NOW, by="ana"
    )
    made.save(baseline)
    return made


def violation(rule: str, session: boto3.Session) -> Resource:
    """Made anew."""
    return Resource(type=RULES[rule].resource_type, id=MADE[rule](session), account=ACCOUNT, region=REGION)


def delete(resource: Resource, session: boto3.Session) -> None:
    """As its owner does."""
    match resource.type:
        case "AWS::S3::Bucket":
            session.client("s3").delete_bucket(Bucket=resource.id)
        case "AWS::EC2::SecurityGroup":
            session.client("ec2").delete_security_group(GroupId=resource.id)
        case "AWS::EC2::Instance" | "AWS::SSM::ManagedInstanceInventory":
            session.client("ec2").terminate_instances(InstanceIds=[resource.id])
        case "AWS::EC2::Volume":
            _delete_volume(resource.id, session)
        case "AWS::RDS::DBInstance":
            rds = session.client("rds")
            filters: Any = [{"Name": "dbi-resource-id", "Values": [resource.id]}]
            for found in rds.describe_db_instances(Filters=filters)["DBInstances"]:
                rds.delete_db_instance(
                    DBInstanceIdentifier=found["DBInstanceIdentifier"], SkipFinalSnapshot=True
                )


def _delete_volume(volume: str, session: boto3.Session) -> None:
    ec2 = session.client("ec2")
    for held in ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"]:
        ec2.stop_instances(InstanceIds=[held["InstanceId"]])
        ec2.detach_volume(VolumeId=volume, InstanceId=held["InstanceId"], Device=held["Device"])
    ec2.delete_volume(VolumeId=volume)


def put_right(rule: str, resource: Resource, session: boto3.Session) -> None:
    """What is only told, as its owner does it."""
    match rule:
        case "instance-managed":
            tell_inventory(_aws(session), resource.id)
        case "instance-agent":
            tell_inventory(_aws(session), resource.id, "openssl", "amazon-cloudwatch-agent")
        case "baseline-kept":
            session.client("s3").put_public_access_block(
                Bucket=resource.id, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
            )
        case "required-tags":
            tags: Any = [*TAGS, {"Key": "owner", "Value": "web"}]
            session.client("s3").put_bucket_tagging(Bucket=resource.id, Tagging={"TagSet": tags})
