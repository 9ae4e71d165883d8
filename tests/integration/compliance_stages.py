"""For each rule a resource of moto's that is not as the rule says, as its owner would have made it."""

from collections.abc import Callable
from itertools import count
from typing import Any

import boto3

from signalbox.compliance.model import Resource
from signalbox.compliance.rules.registry import RULES

ACCOUNT, REGION = "123456789012", "eu-west-1"
TAGS: Any = [{"Key": "signalbox:managed", "Value": "true"}, {"Key": "env", "Value": "qa"}]
_numbers = count(1)
EVERYWHERE = [{"CidrIp": "0.0.0.0/0", "Description": "for now"}, {"CidrIp": "10.0.0.0/8"}]


def _new(name: str) -> str:
    """A name that nothing has: all live in one account."""
    return f"{name}-{next(_numbers)}"


def _located() -> Any:
    return {"LocationConstraint": REGION}


def _bucket(session: boto3.Session) -> str:
    s3, name, location = session.client("s3"), _new("photos"), _located()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": TAGS})
    return name


def _group(session: boto3.Session, port: int) -> str:
    ec2 = session.client("ec2")
    made = ec2.create_security_group(
        GroupName=_new(f"open-{port}"),
        Description="too open",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": TAGS}],
    )["GroupId"]
    opened = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    six = {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    permissions: Any = [{**opened, "IpRanges": EVERYWHERE, **six}, https]
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=permissions)
    return made


def _database(session: boto3.Session) -> str:
    made = session.client("rds").create_db_instance(
        DBInstanceIdentifier=_new("orders"),
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        MasterUsername="postgres",
        MasterUserPassword="a-secret-of-tests",
        AllocatedStorage=20,
        BackupRetentionPeriod=0,
        PubliclyAccessible=True,
        Tags=TAGS,
    )
    return made["DBInstance"]["DbiResourceId"]


def _instance(session: boto3.Session) -> str:
    ec2 = session.client("ec2")
    options: Any = {"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2}
    made = ec2.run_instances(
        ImageId="ami-1",
        MinCount=1,
        MaxCount=1,
        MetadataOptions=options,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [*TAGS, {"Key": "Name", "Value": "bastion"}]}
        ],
    )
    return made["Instances"][0]["InstanceId"]


def _trail(session: boto3.Session) -> str:
    """One of all Regions and one of this one alone, both of which have been stopped."""
    s3, cloudtrail = session.client("s3"), session.client("cloudtrail")
    if not cloudtrail.describe_trails()["trailList"]:
        s3.create_bucket(Bucket="trails", CreateBucketConfiguration=_located())
        cloudtrail.create_trail(Name="main", S3BucketName="trails", IsMultiRegionTrail=True)
        cloudtrail.create_trail(Name="local", S3BucketName="trails", IsMultiRegionTrail=False)
    for name in ("main", "local"):
        cloudtrail.stop_logging(Name=name)
    return ACCOUNT


MADE: dict[str, Callable[[boto3.Session], str]] = {
    "bucket-public-access": _bucket,
    "ssh-closed": lambda session: _group(session, 22),
    "rdp-closed": lambda session: _group(session, 3389),
    "database-backups": _database,
    "database-not-public": _database,
    "volumes-encrypted-by-default": lambda session: ACCOUNT,
    "trail-logging": _trail,
    "instance-metadata": _instance,
}


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
        case "AWS::EC2::Instance":
            session.client("ec2").terminate_instances(InstanceIds=[resource.id])
        case "AWS::RDS::DBInstance":
            rds = session.client("rds")
            filters: Any = [{"Name": "dbi-resource-id", "Values": [resource.id]}]
            for found in rds.describe_db_instances(Filters=filters)["DBInstances"]:
                rds.delete_db_instance(
                    DBInstanceIdentifier=found["DBInstanceIdentifier"], SkipFinalSnapshot=True
                )
