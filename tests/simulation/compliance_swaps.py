"""Volumes and databases whose place an encrypted copy takes, and what was made for that, past every API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_block_store import Volume
from moto.rds.models import DBInstance, DBSnapshot, rds_backends

from signalbox.compliance.model import Resource, Subject
from signalbox.compliance.rules.marks import FINDING_TAG, HELD_FOR_TAG, KEPT_SINCE_TAG, TAKEN_TAG
from signalbox.compliance.rules.registry import RULES
from signalbox_local.owner import MANAGED
from tests.simulation.universe import ACCOUNT, REGION

Fields = dict[str, Any]
OURS = "signalbox:"


def of_volume(volume: Volume) -> Fields:
    """By the names that EC2 has for them; and its instance, or the one from which it was taken."""
    tags = _tags(volume.id)
    finding = _finding("volume-encrypted", volume.id)
    copies = [each for each in _backend().volumes.values() if _tags(each.id).get(FINDING_TAG) == finding]
    snapshots = [each for each in _backend().snapshots.values() if _tags(each.id).get(FINDING_TAG) == finding]
    held = [each.attachment.instance.id for each in (volume, *copies) if each.attachment]
    return {
        "Encrypted": bool(volume.encrypted),
        "State": volume.status,
        "AvailabilityZone": volume.zone.name,
        "VolumeType": volume.volume_type,
        "Size": int(volume.size),
        "Iops": volume.iops,
        "Throughput": volume.throughput,
        "MultiAttachEnabled": False,
        "Tags": {key: value for key, value in tags.items() if not key.startswith((OURS, "aws:"))},
        "Attachments": list(_attachments(volume)),
        "Instance": _instance(held[0]) if held else None,
        "Snapshots": sorted(
            ({"State": each.status, "Taken": _tags(each.id).get(TAKEN_TAG, "")} for each in snapshots),
            key=str,
        ),
        "Copies": [
            {"Encrypted": bool(each.encrypted), "Attachments": list(_attachments(each))} for each in copies
        ],
        "KeptSince": tags.get(KEPT_SINCE_TAG, ""),
    }


def of_database(database: DBInstance) -> Fields:
    """By the names that RDS has for them."""
    backend = rds_backends[ACCOUNT][REGION]
    finding = _finding("database-encrypted", database.dbi_resource_id)
    copies = [each for each in backend.databases.values() if _rds_tags(each).get(FINDING_TAG) == finding]
    snapshots = [
        each for each in backend.database_snapshots.values() if _rds_tags(each).get(FINDING_TAG) == finding
    ]
    return {
        "DBInstanceStatus": database.status,
        "StorageEncrypted": bool(database.storage_encrypted),
        "Snapshots": sorted(each.db_snapshot_identifier for each in snapshots),
        "Copy": (
            {
                "DBInstanceIdentifier": copies[0].db_instance_identifier,
                "DBInstanceStatus": copies[0].status,
                "StorageEncrypted": bool(copies[0].storage_encrypted),
            }
            if copies
            else None
        ),
        "KeptSince": _rds_tags(database).get(KEPT_SINCE_TAG, ""),
    }


def is_replaced(before: Fields, now: Fields) -> bool:
    """Whether an encrypted copy serves in its place, as it did, and the original is kept."""
    if "Copies" in now:
        return _volume_is_replaced(before, now)
    copy = now["Copy"] or {}
    serves = copy.get("DBInstanceIdentifier") == before["DBInstanceIdentifier"]
    return bool(
        now["KeptSince"] and serves and copy["DBInstanceStatus"] == "available" and copy["StorageEncrypted"]
    )


def _volume_is_replaced(before: Fields, now: Fields) -> bool:
    in_place = [copy for copy in now["Copies"] if copy["Attachments"] == before["Attachments"]]
    stands = now["Instance"] and now["Instance"]["State"] == before["Instance"]["State"]
    return bool(now["KeptSince"] and stands and len(in_place) == 1 and in_place[0]["Encrypted"])


def _finding(rule: str, id_: str) -> str:
    resource = Resource(type=RULES[rule].resource_type, id=id_, account=ACCOUNT, region=REGION)
    return Subject(rule=rule, resource=resource).finding_id


def _backend() -> Any:
    return ec2_backends[ACCOUNT][REGION]


def _tags(id_: str) -> Mapping[str, str]:
    found: Mapping[str, str] = _backend().tags[id_]
    return found


def _rds_tags(of: DBInstance | DBSnapshot) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in of.tags}


def _attachments(volume: Volume) -> Iterator[Fields]:
    if volume.attachment:
        instance, device = volume.attachment.instance, volume.attachment.device
        mapping = instance.block_device_mapping.get(device)
        yield {
            "InstanceId": instance.id,
            "Device": device,
            "State": volume.attachment.status,
            "DeleteOnTermination": bool(mapping and mapping.delete_on_termination),
        }


def _instance(id_: str) -> Fields:
    instance = _backend().get_instance_by_id(id_)
    tags = _tags(id_)
    return {
        "InstanceId": id_,
        "State": instance.state,
        "Managed": tags.get(MANAGED["Key"]) == MANAGED["Value"],
        "HeldFor": tags.get(HELD_FOR_TAG, ""),
    }
