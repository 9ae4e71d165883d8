"""Resources that are not as rules of compliance say, as their owners would make them with boto3."""

from collections.abc import Sequence
from typing import Any

from signalbox_local.owner import MANAGED, Aws

Tags = Sequence[dict[str, str]]
ENTRUSTED: Tags = (MANAGED,)
EVERYBODY = [{"CidrIp": "0.0.0.0/0", "Description": "for now"}, {"CidrIp": "10.0.0.0/8"}]
EVERYBODY_BY_IPV6 = [{"CidrIpv6": "::/0"}]


def make_bucket(aws: Aws, name: str, region: str, tags: Tags = ENTRUSTED, *, website: bool = False) -> str:
    """One that blocks nothing; its name."""
    s3 = aws("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    if website:
        s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": list(tags)})
    return name


def make_group(aws: Aws, name: str, port: int, tags: Tags = ENTRUSTED) -> str:
    """A security group that is open to everybody on that port, and on that of the web; its id."""
    ec2 = aws("ec2")
    made = ec2.create_security_group(
        GroupName=name, Description="too open", TagSpecifications=_tagged("security-group", tags)
    )["GroupId"]
    opened = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": EVERYBODY[:1]}
    ec2.authorize_security_group_ingress(
        GroupId=made, IpPermissions=[{**opened, "IpRanges": EVERYBODY, "Ipv6Ranges": EVERYBODY_BY_IPV6}, web]
    )
    return str(made)


def make_database(aws: Aws, name: str, tags: Tags = ENTRUSTED) -> str:
    """One without backups and with a public address; the id by which AWS Config knows it."""
    made = aws("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        MasterUsername="postgres",
        MasterUserPassword="only-for-this-machine",
        AllocatedStorage=20,
        BackupRetentionPeriod=0,
        PubliclyAccessible=True,
        Tags=list(tags),
    )
    return str(made["DBInstance"]["DbiResourceId"])


def make_instance(aws: Aws, tags: Tags = ENTRUSTED) -> str:
    """One whose metadata service wants no session; its id."""
    options = {"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2}
    return _launched(aws, tags, encrypted=True, MetadataOptions=options)


def make_volume(aws: Aws, tags: Tags = ENTRUSTED) -> str:
    """The unencrypted root of a running instance, which is well otherwise; its id."""
    instance = _launched(aws, tags, encrypted=False, MetadataOptions={"HttpTokens": "required"})
    found = aws("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return str(found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])


def _launched(aws: Aws, tags: Tags, *, encrypted: bool, **options: Any) -> str:
    root = {"VolumeSize": 8, "VolumeType": "gp3", "Encrypted": encrypted, "DeleteOnTermination": True}
    made = aws("ec2").run_instances(
        ImageId="ami-1",
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": root}],
        TagSpecifications=[*_tagged("instance", tags), *_tagged("volume", tags)],
        **options,
    )
    return str(made["Instances"][0]["InstanceId"])


def tell_inventory(aws: Aws, instance: str, *applications: str) -> None:
    """As the SSM agent of an instance does, which manages it from then on."""
    content = [{"Name": name, "Version": "1.0"} for name in applications]
    item = {
        "TypeName": "AWS:Application",
        "SchemaVersion": "1.1",
        "CaptureTime": "2026-11-30T00:00:00Z",
        "Content": content,
    }
    aws("ssm").put_inventory(InstanceId=instance, Items=[item])


def make_trail(aws: Aws, name: str, bucket: str, *, everywhere: bool = True) -> None:
    """One of all Regions, or of this one alone, that stands still."""
    aws("cloudtrail").create_trail(Name=name, S3BucketName=bucket, IsMultiRegionTrail=everywhere)
    aws("cloudtrail").stop_logging(Name=name)


def _tagged(kind: str, tags: Tags) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": list(tags)}]
