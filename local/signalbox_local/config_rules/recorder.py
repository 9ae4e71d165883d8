"""What AWS Config records of resources: configuration items, made from moto's records."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.config.models import RESOURCE_MAP
from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from signalbox_local.config_rules.account_recorder import records
from signalbox_local.config_rules.evaluators import instances_of

Parts = dict[str, Any]
"""`resourceId`, `resourceName`, `tags`, `configuration` and `supplementaryConfiguration` of an item."""


@dataclass(frozen=True)
class Recorded:
    """An item, as it is sent to rules, and since when it is so."""

    item: Parts
    at: datetime


class Recorder:
    """Looks when it is asked: what it tells is never old. Types that it does not know have no resources, nor
    those that the account's recorder leaves out."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._kept: dict[tuple[str, str], Recorded] = {}
        self._lock = threading.Lock()

    def records(self, type_: str) -> bool:
        """Whether the account wants that type recorded."""
        return records(self._account, self._region, type_)

    def items(self, type_: str) -> Mapping[str, Parts]:
        """By id: the configuration items of a type."""
        look = _LOOKS.get(type_) if self.records(type_) else None
        with self._lock:
            found = list(look(self._account, self._region)) if look else []
            for parts in found:
                key, before = (type_, parts["resourceId"]), self._kept.get((type_, parts["resourceId"]))
                if before is None or before.item != parts:
                    self._kept[key] = Recorded(parts, self.now())
            return {parts["resourceId"]: self._whole(type_, parts["resourceId"]) for parts in found}

    @staticmethod
    def now() -> datetime:
        """Config records milliseconds."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _whole(self, type_: str, id_: str) -> Parts:
        recorded = self._kept[type_, id_]
        return {
            "version": "1.3",
            "accountId": self._account,
            "awsRegion": self._region,
            "configurationItemCaptureTime": recorded.at,
            "configurationItemStatus": "OK",
            "resourceType": type_,
            **recorded.item,
        }


Look = Callable[[str, str], Iterator[Parts]]


def _item(id_: str, name: str, tags: Mapping[str, str], configuration: Parts) -> Parts:
    return {
        "resourceId": id_,
        "resourceName": name,
        "tags": dict(tags),
        "configuration": configuration,
        "supplementaryConfiguration": {},
    }


def _tags(backend: Any, id_: str) -> dict[str, str]:
    return {str(tag["key"]): str(tag["value"]) for tag in backend.describe_tags({"resource-id": [id_]})}


def _groups(account: str, region: str) -> Iterator[Parts]:
    backend = ec2_backends[account][region]
    for group in [group for of in list(backend.groups.values()) for group in list(of.values())]:
        configuration = {
            "groupId": group.id,
            "groupName": group.name,
            "description": group.description,
            "vpcId": group.vpc_id,
            "ipPermissions": _permissions(group.ip_permissions),
            "ipPermissionsEgress": _permissions(group.ip_permissions_egress),
        }
        yield _item(group.id, group.name, _tags(backend, group.id), configuration)


def _permissions(grouped: Iterable[Any]) -> list[Parts]:
    """One for each protocol and pair of ports."""
    return [
        {
            "ipProtocol": opened.ip_protocol,
            "fromPort": opened.from_port,
            "toPort": opened.to_port,
            "ipv4Ranges": [_range(each, "cidrIp", "CidrIp") for each in opened.ip_ranges],
            "ipv6Ranges": [_range(each, "cidrIpv6", "CidrIpv6") for each in opened.ipv6_ranges],
            "userIdGroupPairs": [{"groupId": each.get("GroupId")} for each in opened.source_groups],
        }
        for opened in grouped
    ]


def _range(found: Mapping[str, str], name: str, of: str) -> Parts:
    described = {"description": found["Description"]} if found.get("Description") else {}
    return {name: found[of], **described}


def _volumes(account: str, region: str) -> Iterator[Parts]:
    backend = ec2_backends[account][region]
    for volume in list(backend.volumes.values()):
        tags = _tags(backend, volume.id)
        configuration = {
            "volumeId": volume.id,
            "volumeType": volume.volume_type,
            "size": volume.size,
            "iops": volume.iops,
            "encrypted": _is_on(volume.encrypted),
        }
        yield _item(volume.id, tags.get("Name", ""), tags, configuration)


def _instances(account: str, region: str) -> Iterator[Parts]:
    backend = ec2_backends[account][region]
    for instance in instances_of(backend):
        tags, options = _tags(backend, instance.id), instance.metadata_options
        configuration = {
            "instanceId": instance.id,
            "imageId": instance.image_id,
            "instanceType": instance.instance_type,
            "ebsOptimized": _is_on(instance.ebs_optimized),
            "monitoring": {"state": instance.monitoring_state},
            "metadataOptions": {
                "httpTokens": options.http_tokens,
                "httpEndpoint": options.http_endpoint,
                "httpPutResponseHopLimit": options.http_put_response_hop_limit,
            },
        }
        yield _item(instance.id, tags.get("Name", ""), tags, configuration)


def _databases(account: str, region: str) -> Iterator[Parts]:
    for database in list(rds_backends[account][region].databases.values()):
        tags = {str(tag["Key"]): str(tag["Value"]) for tag in database.tags}
        configuration = {
            "dBInstanceIdentifier": database.db_instance_identifier,
            "dBInstanceClass": database.db_instance_class,
            "engine": database.engine,
            "backupRetentionPeriod": database.backup_retention_period,
            "storageEncrypted": _is_on(database.storage_encrypted),
            "publiclyAccessible": _is_on(database.publicly_accessible),
            "multiAZ": _is_on(database.multi_az),
            "deletionProtection": _is_on(database.deletion_protection),
            "autoMinorVersionUpgrade": _is_on(database.auto_minor_version_upgrade),
            "copyTagsToSnapshot": _is_on(database.copy_tags_to_snapshot),
        }
        yield _item(database.dbi_resource_id, database.db_instance_identifier, tags, configuration)


def _buckets(account: str, region: str) -> Iterator[Parts]:
    """moto has items of these, as the API writes them."""
    for bucket in list(s3_backends[account]["aws"].buckets.values()):
        if bucket.region_name == region:
            found: Any = RESOURCE_MAP["AWS::S3::Bucket"].get_config_resource(
                account, partition="aws", resource_id=bucket.name, backend_region=region
            )
            supplementary = {
                name: json.loads(part) for name, part in found["supplementaryConfiguration"].items()
            }
            item = _item(bucket.name, bucket.name, found["tags"], json.loads(found["configuration"]))
            yield {**item, "supplementaryConfiguration": supplementary}


def _is_on(flag: object) -> bool:
    return str(flag).lower() == "true"


_LOOKS: Mapping[str, Look] = {
    "AWS::EC2::Instance": _instances,
    "AWS::EC2::SecurityGroup": _groups,
    "AWS::EC2::Volume": _volumes,
    "AWS::RDS::DBInstance": _databases,
    "AWS::S3::Bucket": _buckets,
}
