"""A volume in memory, its instance, and what is made of it: EC2 does each write, and then takes its time."""

from copy import deepcopy
from typing import Any

from signalbox.compliance.model import Configuration
from signalbox.compliance.rules.configurations import configuration_of
from signalbox.compliance.rules.marks import (
    FINDING_TAG,
    HELD_FOR_TAG,
    INSTANCE_TAG,
    KEPT_SINCE_TAG,
    TAKEN_TAG,
)
from signalbox.compliance.rules.volume_state import Attachment, Host, VolumeState
from tests.unit import compliance_databases

VOLUME, INSTANCE, DEVICE = "volume-encrypted-1", "i-1", "/dev/xvda"
LAUNCHED, LATER = "2026-11-22T08:00:00.000Z", "2026-11-22T10:00:{:02d}.000Z"
# What EC2 is at work on, and what comes of it.
NEXT = {
    "pending": "running", "stopping": "stopped", "creating": "available", "attaching": "attached",
}  # fmt: skip


def host(**more: Any) -> Host:
    return Host(
        **{
            "InstanceId": INSTANCE, "State": "running", "LaunchTime": LAUNCHED, "Managed": True,
            "RootDeviceType": "ebs", "Lifecycle": "", "Group": "", "StopProtected": False,
            "InstanceStore": False, "HeldFor": "", **more,
        }
    )  # fmt: skip


def attachment(**more: Any) -> Attachment:
    return Attachment(
        **{"InstanceId": INSTANCE, "Device": DEVICE, "State": "attached", "DeleteOnTermination": True, **more}
    )


def volume(**more: Any) -> Configuration:
    """In use by a running instance, unless something else is said."""
    return configuration_of(
        VolumeState(
            **{
                "Encrypted": False, "State": "in-use", "AvailabilityZone": "eu-west-1a", "VolumeType": "gp3",
                "Size": 20, "Iops": 3000, "Throughput": 125, "MultiAttachEnabled": False,
                "Tags": {"Name": "orders", "signalbox:managed": "true"}, "Attachments": (attachment(),),
                "Instance": host(), "Snapshots": (), "Copies": (), "KeptSince": "", **more,
            }
        )
    )  # fmt: skip


def available(**more: Any) -> Configuration:
    return volume(State="available", Attachments=(), Instance=None, **more)


def _tags(given: Any) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in given["TagSpecifications"][0]["Tags"]}


def _create_snapshot(of: Any, given: Any) -> None:
    tags = _tags(given)
    assert tags[FINDING_TAG]
    assert tags["signalbox:managed"] == "true"
    assert (INSTANCE_TAG in tags) == (of["Instance"] is not None)
    if of["Attachments"] and tags[TAKEN_TAG] == "final":
        assert of["Instance"]["State"] == "stopped", "what it writes later is lost"
    number = len(of["Snapshots"]) + 1
    made = {"SnapshotId": f"snap-{number}", "State": "pending", "Taken": tags[TAKEN_TAG]}
    of["Snapshots"].append({**made, "StartTime": LATER.format(number)})


def _create_volume(of: Any, given: Any) -> None:
    assert given["Encrypted"] is True
    assert _tags(given).items() >= of["Tags"].items()
    assert given["SnapshotId"] in [each["SnapshotId"] for each in of["Snapshots"]]
    made = {"VolumeId": f"vol-of-{given['SnapshotId']}", "SnapshotId": given["SnapshotId"]}
    if made["VolumeId"] not in [each["VolumeId"] for each in of["Copies"]]:
        of["Copies"].append({**made, "State": "creating", "Encrypted": True, "Attachments": []})


def _named(of: Any, given: Any) -> Any:
    """The volume itself, or a copy."""
    return next((each for each in of["Copies"] if each["VolumeId"] == given["VolumeId"]), of)


def _attach(of: Any, given: Any) -> None:
    assert of["Instance"]["State"] == "stopped"
    assert not [each for one in (of, *of["Copies"]) for each in one["Attachments"]]
    made = {"InstanceId": given["InstanceId"], "Device": given["Device"], "State": "attaching"}
    _named(of, given).update(State="in-use", Attachments=[{**made, "DeleteOnTermination": False}])


def _detach(of: Any, given: Any) -> None:
    assert of["Instance"]["State"] == "stopped"
    (one,) = _named(of, given)["Attachments"]
    assert (one["InstanceId"], one["Device"]) == (given["InstanceId"], given["Device"])
    one["State"] = "detaching"


def _goes_with_instance(of: Any, given: Any) -> None:
    (mapping,) = given["BlockDeviceMappings"]
    for one in (of, *of["Copies"]):
        for each in one["Attachments"]:
            if each["Device"] == mapping["DeviceName"]:
                each["DeleteOnTermination"] = mapping["Ebs"]["DeleteOnTermination"]


def _power(of: Any, state: str) -> None:
    if state == "pending":
        of["Instance"]["LaunchTime"] = LATER.format(59)
    of["Instance"]["State"] = state


def _delete(of: Any, kind: str, id_: str, given: Any) -> None:
    (gone,) = [each for each in of[kind] if each[id_] == given[id_]]
    assert not gone.get("Attachments")
    of[kind].remove(gone)


def _tagged(of: Any, given: Any) -> None:
    if given["Resources"] == [INSTANCE]:
        (tag,) = given["Tags"]
        assert tag["Key"] == HELD_FOR_TAG
        of["Instance"]["HeldFor"] = tag.get("Value", "")
        return
    assert given["Resources"][0] in (VOLUME, "it")
    of["KeptSince"] = {tag["Key"]: tag.get("Value", "") for tag in given["Tags"]}[KEPT_SINCE_TAG]


APPLIED = {
    "CreateSnapshot": _create_snapshot,
    "CreateVolume": _create_volume,
    "AttachVolume": _attach,
    "DetachVolume": _detach,
    "ModifyInstanceAttribute": _goes_with_instance,
    "StopInstances": lambda of, given: _power(of, "stopping"),
    "StartInstances": lambda of, given: _power(of, "pending"),
    "CreateTags": _tagged,
    "DeleteTags": _tagged,
    "DeleteVolume": lambda of, given: _delete(of, "Copies", "VolumeId", given),
    "DeleteSnapshot": lambda of, given: _delete(of, "Snapshots", "SnapshotId", given),
}


def moved_on(of: Any) -> None:
    """Whatever EC2 was at work on is done."""
    for one in (of, *of["Copies"]):
        if [each for each in one["Attachments"] if each["State"] == "detaching"]:
            one.update(State="available", Attachments=[])
        for each in one["Attachments"]:
            each["State"] = NEXT.get(each["State"], each["State"])
        one["State"] = NEXT.get(one["State"], one["State"])
    for each in of["Snapshots"]:
        each["State"] = "completed"
    if of["Instance"]:
        of["Instance"]["State"] = NEXT.get(of["Instance"]["State"], of["Instance"]["State"])


def looked_at(configuration: Configuration) -> Configuration:
    """As it is at this moment; at the next look EC2 has gone on."""
    seen = deepcopy(configuration)
    if "Copies" in configuration:
        moved_on(configuration)
    if "DBInstanceArn" in configuration:
        compliance_databases.moved_on(configuration)
    return seen
