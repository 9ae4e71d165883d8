"""What rules of compliance look at, read past every API and not by the product; and what its owners do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.ec2.models import ec2_backends
from moto.rds.models import DBInstance, rds_backends
from moto.s3.models import s3_backends

from signalbox.compliance.model import Resource
from signalbox.compliance.rules.rule import Rule
from signalbox_local.config_rules.evaluators import EVALUATORS
from signalbox_local.owner import MANAGED, Aws
from tests.simulation.compliance_swaps import of_database, of_volume
from tests.simulation.compliance_windows import pending_days
from tests.simulation.universe import ACCOUNT, REGION

ACCOUNT_TYPE = "AWS::::Account"
GOING = ("shutting-down", "terminated")


@dataclass(frozen=True, slots=True)
class Condition:
    """A resource as it is: its fields, by the names that AWS has for them, and its tags."""

    fields: dict[str, Any]
    tags: Mapping[str, str]

    @property
    def is_entrusted(self) -> bool:
        """Whether its owner lets Signalbox change it."""
        return self.tags.get(MANAGED["Key"]) == MANAGED["Value"]


def _bucket(name: str) -> Condition | None:
    backend = s3_backends[ACCOUNT]["aws"]
    bucket = backend.buckets.get(name)
    if bucket is None:
        return None
    block = bucket.public_access_block
    fields = {
        "Configured": block is not None,
        "BlockPublicAcls": block is not None and block.block_public_acls,
        "IgnorePublicAcls": block is not None and block.ignore_public_acls,
        "BlockPublicPolicy": block is not None and block.block_public_policy,
        "RestrictPublicBuckets": block is not None and block.restrict_public_buckets,
        "Website": bucket.website_configuration is not None,
    }
    return Condition(fields, backend.tagger.get_tag_dict_for_resource(bucket.arn))


def _group(id_: str) -> Condition | None:
    backend = ec2_backends[ACCOUNT][REGION]
    found = [groups[id_] for groups in backend.groups.values() if id_ in groups]
    if not found:
        return None
    ingress = sorted((_opening(rule) for rule in found[0].ingress_rules), key=str)
    return Condition({"Ingress": ingress}, backend.tags[id_])


def _opening(rule: Any) -> dict[str, Any]:
    ports = {"FromPort": rule.from_port, "ToPort": rule.to_port} if rule.ip_protocol != "-1" else {}
    said = {"Description": rule.ip_range["Description"]} if rule.ip_range.get("Description") else {}
    range_ = rule.ip_range.get("CidrIp") or rule.ip_range.get("CidrIpv6")
    return {"IpProtocol": rule.ip_protocol, **ports, "Cidr": range_, **said}


def _named(id_: str) -> DBInstance | None:
    databases = rds_backends[ACCOUNT][REGION].databases.values()
    return next((each for each in databases if each.dbi_resource_id == id_), None)


def _database(id_: str) -> Condition | None:
    found = _named(id_)
    if found is None:
        return None
    fields = {
        "DBInstanceIdentifier": found.db_instance_identifier,
        "BackupRetentionPeriod": found.backup_retention_period,
        "PendingBackupRetentionPeriod": pending_days(found),
        "PubliclyAccessible": str(found.publicly_accessible).lower() == "true",
        "Cluster": found.db_cluster_identifier or "",
        "Source": "",
        **of_database(found),
    }
    return Condition(fields, {tag["Key"]: tag["Value"] for tag in found.tags})


def _instance(id_: str) -> Condition | None:
    backend = ec2_backends[ACCOUNT][REGION]
    instance = backend.get_instance_by_id(id_)
    if instance is None or instance.state in GOING:
        return None
    options = instance.metadata_options
    fields = {
        "HttpTokens": options.http_tokens,
        "HttpEndpoint": options.http_endpoint,
        "HttpPutResponseHopLimit": int(options.http_put_response_hop_limit),
    }
    return Condition(fields, backend.tags[id_])


def _volume(id_: str) -> Condition | None:
    backend = ec2_backends[ACCOUNT][REGION]
    volume = backend.volumes.get(id_)
    return Condition(of_volume(volume), backend.tags[id_]) if volume else None


def _account(_: str) -> Condition:
    trails = cloudtrail_backends[ACCOUNT][REGION].describe_trails(include_shadow_trails=True)
    fields = {
        "EbsEncryptionByDefault": bool(ec2_backends[ACCOUNT][REGION].ebs_encryption_by_default),
        "Trails": sorted((_trail(each) for each in trails), key=str),
    }
    return Condition(fields, {MANAGED["Key"]: MANAGED["Value"]})  # who deployed the stack has agreed


def _trail(trail: Any) -> dict[str, Any]:
    return {
        "Name": trail.trail_name,
        "Arn": trail.arn,
        "IsMultiRegion": bool(trail.is_multi_region),
        "IsLogging": bool(trail.status.is_logging),
        "IsStartable": trail.region_name == REGION,
        "ValidatesFiles": bool(trail.log_validation),
        "RecordsManagement": True,
    }


CONDITIONS: Mapping[str, Callable[[str], Condition | None]] = {
    "AWS::S3::Bucket": _bucket,
    "AWS::EC2::SecurityGroup": _group,
    "AWS::EC2::Instance": _instance,
    "AWS::EC2::Volume": _volume,
    "AWS::RDS::DBInstance": _database,
    ACCOUNT_TYPE: _account,
}


def condition(resource: Resource) -> Condition | None:
    """As it is now; None when it is gone."""
    return CONDITIONS[resource.type](resource.id)


def is_compliant(rule: Rule, resource: Resource) -> bool:
    """What AWS Config would say now; what is gone is."""
    found = EVALUATORS[rule.identifier].evaluate(ACCOUNT, REGION, {})
    return resource.id not in found or found[resource.id][1]


def distrust(aws: Aws, resource: Resource) -> None:
    """Its owner takes away the tag by which it is entrusted to Signalbox."""
    match resource.type:
        case "AWS::S3::Bucket":
            aws("s3").delete_bucket_tagging(Bucket=resource.id)
        case "AWS::RDS::DBInstance":
            found = _named(resource.id)
            assert found is not None
            aws("rds").remove_tags_from_resource(ResourceName=found.db_instance_arn, TagKeys=[MANAGED["Key"]])
        case _:
            aws("ec2").delete_tags(Resources=[resource.id], Tags=[{"Key": MANAGED["Key"]}])
