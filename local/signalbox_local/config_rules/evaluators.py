"""What managed rules of AWS Config look at, read from moto's records; by themselves, not by the product."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from signalbox_local.inventories import APPLICATIONS, inventories

Looked = Iterator[tuple[str, bool]]
"""Id, and whether it is compliant."""
Tagged = Iterator[tuple[str, set[str]]]
"""Id, and the keys of its tags."""
Evaluated = Mapping[str, tuple[str, bool]]
"""Type, and whether it is compliant, by id."""
EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
GONE = frozenset({"terminated", "shutting-down"})


@dataclass(frozen=True)
class Evaluator:
    """Of one managed rule: the type of what it looks at, by which ids."""

    type: str
    look: Callable[[str, str], Looked]

    def evaluate(self, account: str, region: str, _: Mapping[str, str]) -> Evaluated:
        """By id, its type and whether it is compliant. Parameters of the rule are not looked at."""
        return {id_: (self.type, is_compliant) for id_, is_compliant in self.look(account, region)}


class RequiredTags:
    """The one rule that looks at several types, and at its parameters: keys alone, no values."""

    def evaluate(self, account: str, region: str, parameters: Mapping[str, str]) -> Evaluated:
        """As an evaluator."""
        keys = {value for name, value in parameters.items() if name.endswith("Key")}
        looked = ((id_, type_, tags) for type_, of in TAGGED.items() for id_, tags in of(account, region))
        return {id_: (type_, keys <= tags) for id_, type_, tags in looked}


def _tagged_in_ec2(things: Callable[[Any], Iterable[Any]]) -> Callable[[str, str], Tagged]:
    def look(account: str, region: str) -> Tagged:
        backend = ec2_backends[account][region]
        for thing in list(things(backend)):
            yield thing.id, {str(tag["key"]) for tag in backend.describe_tags({"resource-id": [thing.id]})}

    return look


def instances_of(backend: Any) -> Iterable[Any]:
    """Those that are not gone."""
    made = (each for reservation in backend.reservations.values() for each in reservation.instances)
    return [instance for instance in made if instance.state not in GONE]


def _tagged_buckets(account: str, region: str) -> Tagged:
    backend = s3_backends[account]["aws"]
    for bucket in list(backend.buckets.values()):
        if bucket.region_name == region:
            yield bucket.name, set(backend.tagger.get_tag_dict_for_resource(bucket.arn))


def _tagged_databases(account: str, region: str) -> Tagged:
    for database in list(rds_backends[account][region].databases.values()):
        yield database.dbi_resource_id, {str(tag["Key"]) for tag in database.tags}


TAGGED: Mapping[str, Callable[[str, str], Tagged]] = {
    "AWS::EC2::Instance": _tagged_in_ec2(instances_of),
    "AWS::EC2::SecurityGroup": _tagged_in_ec2(
        lambda backend: [group for of in backend.groups.values() for group in of.values()]
    ),
    "AWS::EC2::Volume": _tagged_in_ec2(lambda backend: backend.volumes.values()),
    "AWS::RDS::DBInstance": _tagged_databases,
    "AWS::S3::Bucket": _tagged_buckets,
}


def _buckets(account: str, region: str) -> Looked:
    for bucket in list(s3_backends[account]["aws"].buckets.values()):
        if bucket.region_name == region:
            block = bucket.public_access_block
            flags = ("block_public_acls", "ignore_public_acls", "block_public_policy")
            named = (*flags, "restrict_public_buckets")
            yield bucket.name, block is not None and all(_is_on(getattr(block, name)) for name in named)


def _is_on(flag: object) -> bool:
    return str(flag).lower() == "true"


def _closed(port: int) -> Callable[[str, str], Looked]:
    def look(account: str, region: str) -> Looked:
        for groups in list(ec2_backends[account][region].groups.values()):
            for group in list(groups.values()):
                yield group.id, not any(_lets_all_in(rule, port) for rule in list(group.ingress_rules))

    return look


def _lets_all_in(rule: Any, port: int) -> bool:
    ranges = {rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6")}
    if not ranges & EVERYWHERE:
        return False
    if rule.ip_protocol == "-1":
        return True
    return bool(rule.ip_protocol == "tcp" and rule.from_port <= port <= rule.to_port)


def _backups(account: str, region: str) -> Looked:
    for database in list(rds_backends[account][region].databases.values()):
        yield database.dbi_resource_id, bool(database.backup_retention_period)


def _not_public(account: str, region: str) -> Looked:
    for database in list(rds_backends[account][region].databases.values()):
        yield database.dbi_resource_id, not _is_on(database.publicly_accessible)


def _encrypted(account: str, region: str) -> Looked:
    for volume in list(ec2_backends[account][region].volumes.values()):
        if volume.attachment is not None:
            yield volume.id, _is_on(volume.encrypted)


def _volumes(account: str, region: str) -> Looked:
    yield account, bool(ec2_backends[account][region].ebs_encryption_by_default)


def _trails(account: str, region: str) -> Looked:
    trails = cloudtrail_backends[account][region].describe_trails(include_shadow_trails=True)
    yield account, any(_is_on(trail.is_multi_region) and trail.status.is_logging for trail in trails)


def _instances(account: str, region: str) -> Looked:
    for instance in instances_of(ec2_backends[account][region]):
        yield instance.id, instance.metadata_options.http_tokens == "required"


def _encrypted_databases(account: str, region: str) -> Looked:
    for database in list(rds_backends[account][region].databases.values()):
        yield database.dbi_resource_id, _is_on(database.storage_encrypted)


def _managed(account: str, region: str) -> Looked:
    known = inventories(account, region)
    for instance in instances_of(ec2_backends[account][region]):
        yield instance.id, instance.id in known


def _with_agent(account: str, region: str) -> Looked:
    """Of what has an inventory of applications."""
    for id_, inventory in list(inventories(account, region).items()):
        if APPLICATIONS in inventory:
            names = {str(each.get("Name")) for each in inventory[APPLICATIONS]}
            yield id_, bool(names & {"amazon-cloudwatch-agent", "Amazon CloudWatch Agent"})


EVALUATORS: Mapping[str, Evaluator | RequiredTags] = {
    "DB_INSTANCE_BACKUP_ENABLED": Evaluator("AWS::RDS::DBInstance", _backups),
    "EC2_EBS_ENCRYPTION_BY_DEFAULT": Evaluator("AWS::::Account", _volumes),
    "EC2_INSTANCE_MANAGED_BY_SSM": Evaluator("AWS::EC2::Instance", _managed),
    "EC2_MANAGEDINSTANCE_APPLICATIONS_REQUIRED": Evaluator("AWS::SSM::ManagedInstanceInventory", _with_agent),
    "EC2_IMDSV2_CHECK": Evaluator("AWS::EC2::Instance", _instances),
    # Of volumes that nobody uses it says nothing.
    "ENCRYPTED_VOLUMES": Evaluator("AWS::EC2::Volume", _encrypted),
    "INCOMING_SSH_DISABLED": Evaluator("AWS::EC2::SecurityGroup", _closed(22)),
    "MULTI_REGION_CLOUD_TRAIL_ENABLED": Evaluator("AWS::::Account", _trails),
    "RDS_STORAGE_ENCRYPTED": Evaluator("AWS::RDS::DBInstance", _encrypted_databases),
    "REQUIRED_TAGS": RequiredTags(),
    "RDS_INSTANCE_PUBLIC_ACCESS_CHECK": Evaluator("AWS::RDS::DBInstance", _not_public),
    # As this stack parametrises it; other parameters are not looked at.
    "RESTRICTED_INCOMING_TRAFFIC": Evaluator("AWS::EC2::SecurityGroup", _closed(3389)),
    "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED": Evaluator("AWS::S3::Bucket", _buckets),
}
