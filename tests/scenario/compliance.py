"""What a story of compliance can do and see: resources that are not as they must be, and their findings."""

import itertools
from dataclasses import dataclass
from typing import Any

from tests.scenario.world import World, eventually

TAGS = [{"Key": "signalbox:managed", "Value": "true"}]
BY_CONFIG = ("--parameter", "ConfigRules=yes")
PATIENCE = 60  # seconds: Config looks each second, and a fix is read back after two
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Findings:
    """The API's findings and exceptions, and the hands of those who own resources."""

    world: World

    def all(self) -> list[dict[str, Any]]:
        """All of them."""
        return list(self.world.api("viewer").request("GET", "/findings?limit=100").body["items"])

    def of(self, resource: str, rule: str) -> dict[str, Any] | None:
        """The finding of that rule about that resource, with its evidence."""
        for found in self.all():
            if (found["resource"]["id"], found["rule"]) == (resource, rule):
                whole = self.world.api("viewer").request("GET", f"/findings/{found['id']}")
                return dict(whole.body)
        return None

    def until(self, resource: str, rule: str, *states: str) -> dict[str, Any]:
        """The finding, when it is in one of those states."""

        def settled() -> dict[str, Any]:
            found = self.of(resource, rule)
            return found if found and found["state"] in states else {}

        return eventually(settled, PATIENCE)

    def say(self, verb: str, finding: dict[str, Any], caller: str, **body: object) -> Any:
        """An answer of the API."""
        return self.world.api(caller).request("POST", f"/findings/{finding['id']}/{verb}", body)

    def types(self, finding: dict[str, Any]) -> list[str]:
        """The timeline's types, oldest first."""
        whole = self.world.api("viewer").request("GET", f"/findings/{finding['id']}").body
        return [entry["type"] for entry in whole["evidence"]["timeline"]]

    def bucket(self, *, managed: bool = True) -> str:
        """One that blocks nothing."""
        s3, name = self.world.aws("s3"), f"photos-{next(_NUMBERS)}"
        s3.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.world.runtime.region}
        )
        if managed:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": TAGS})
        return name

    def blocks(self, bucket: str) -> dict[str, bool]:
        """Its public access block."""
        answer = self.world.aws("s3").get_public_access_block(Bucket=bucket)
        return dict(answer["PublicAccessBlockConfiguration"])

    def group(self, port: int = 22) -> str:
        """A security group that is open to everybody on that port."""
        ec2 = self.world.aws("ec2")
        made = ec2.create_security_group(
            GroupName=f"open-{next(_NUMBERS)}",
            Description="too open",
            TagSpecifications=[{"ResourceType": "security-group", "Tags": TAGS}],
        )["GroupId"]
        opened = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        ranges = [{"CidrIp": "0.0.0.0/0", "Description": "for now"}, {"CidrIp": "10.0.0.0/8"}]
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[{**opened, "IpRanges": ranges}])
        return str(made)

    def ranges(self, group: str) -> list[str]:
        """What it lets in."""
        found = self.world.aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        return sorted(each["CidrIp"] for one in found["IpPermissions"] for each in one["IpRanges"])

    def database(self) -> str:
        """One without backups and with a public address, as Config calls it."""
        made = self.world.aws("rds").create_db_instance(
            DBInstanceIdentifier=f"orders-{next(_NUMBERS)}",
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            MasterUsername="postgres",
            MasterUserPassword="a-secret-of-tests",
            AllocatedStorage=20,
            BackupRetentionPeriod=0,
            PubliclyAccessible=True,
            Tags=TAGS,
        )
        return str(made["DBInstance"]["DbiResourceId"])

    def instance(self) -> str:
        """One whose metadata service wants no session."""
        made = self.world.aws("ec2").run_instances(
            ImageId="ami-1",
            MinCount=1,
            MaxCount=1,
            MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "enabled"},
            TagSpecifications=[{"ResourceType": "instance", "Tags": TAGS}],
        )
        return str(made["Instances"][0]["InstanceId"])

    def trail(self) -> str:
        """One of all Regions that stands still; its account."""
        self.world.aws("s3").create_bucket(
            Bucket="trails", CreateBucketConfiguration={"LocationConstraint": self.world.runtime.region}
        )
        self.world.aws("cloudtrail").create_trail(Name="main", S3BucketName="trails", IsMultiRegionTrail=True)
        return str(self.world.runtime.account)
