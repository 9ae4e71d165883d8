"""Findings of every kind, put right, undone, lost and swept: what the roles of compliance are used for."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tests.contract.template import resources, template
from tests.scenario.compliance import PATIENCE, Findings
from tests.scenario.roles import lacking
from tests.scenario.schedules import MINUTE, pass_by
from tests.scenario.stack import function_name, throttled
from tests.scenario.world import World, eventually

BUCKETS, SSH, TRAIL = "bucket-public-access", "ssh-closed", "trail-logging"
KEYS = "arn:aws:kms:eu-west-1:123456789012:key/*"  # moto chooses their ids
ENCRYPTED, RESTORED = "volume-encrypted", "database-encrypted"
VOLUMES, BACKUPS, TOKENS = "volumes-encrypted-by-default", "database-backups", "instance-metadata"
_OF_THE_API = {
    "AnswerRemediations",
    "BeginRemediations",
    "LookAgainAtBaselines",
    "LookAtBuckets",
    "LookAtResources",
    "LookAtTrails",
    "SeeWhetherConfigLooks",
    "SeeWhetherConfigRecords",
}
_FOLDERS = {
    name: function["Properties"]["CodeUri"]
    for name, function in resources(template(), "AWS::Serverless::Function").items()
}


def is_of_compliance(function: str, statement: str) -> bool:
    """Whether only compliance uses it."""
    is_own = _FOLDERS[function] == "functions/compliance"
    return is_own or (function == "ApiFunction" and statement in _OF_THE_API)


def play_findings(world: World) -> None:
    """Returns when all that was begun has ended, or waits for somebody."""
    findings, account = Findings(world), world.runtime.account
    findings.until(account, VOLUMES, "remediated")
    _undo(findings)
    _swap_and_swap_back(findings)
    _restore_and_go_back(findings)
    _agree(findings)
    findings.say("remediate", findings.until(account, TRAIL, "failed"), "operator")
    bucket = findings.bucket()  # the failure of another one keeps it as it is, until somebody asks
    findings.say("remediate", findings.until(bucket, BUCKETS, "open", reason=": Rejected: "), "operator")
    for id_, rule in ((account, TRAIL), (bucket, BUCKETS)):
        found = eventually(partial(_proven, findings, id_, rule), PATIENCE)
        findings.say("remediate", found, "operator", dry_run=True)
    _tell_twice(findings)
    _sweep_what_was_not_heard(findings)
    _end_an_exception(findings)
    _differ_from_a_baseline(findings)
    findings.postures()
    _lose_events(findings)


def _proven(findings: Findings, id_: str, rule: str) -> dict[str, Any]:
    """The finding, once it is: who goes first is watched for a minute."""
    pass_by(findings.world, MINUTE)
    found = findings.of(id_, rule)
    return found if found and found["state"] == "remediated" else {}


def _undo(findings: Findings) -> None:
    """Nobody can see that it was put right, so all of it is undone."""
    world, account = findings.world, findings.world.runtime.account
    none = findings.until(account, TRAIL, "open")  # there is nothing that could be started
    findings.trail()
    with lacking(world, "ProveFixFunction", "LookAtTrails"):
        findings.say("remediate", none, "operator")
        findings.until(account, TRAIL, "failed")
    with lacking(world, "ProveFixFunction", "LookAtBuckets"):
        findings.until(findings.bucket(), BUCKETS, "failed")
    with lacking(world, "ProveFixFunction", "LookAtResources"):
        waiting = [
            findings.until(id_, rule, "waiting")
            for id_, rule in (
                (findings.group(), SSH),
                (findings.instance(), TOKENS),
                (findings.database(), BACKUPS),
            )
        ]
        for found in waiting:
            findings.say("approve", found, "approver")
            findings.until(found["resource"]["id"], found["rule"], "failed")
        world.aws("ec2").disable_ebs_encryption_by_default()
        findings.until(account, VOLUMES, "failed")


def _swap_and_swap_back(findings: Findings) -> None:
    """The account's new volumes have a key of its own. The instance cannot start again, so all is undone;
    then it is made again."""
    world = findings.world
    ec2 = world.aws("ec2")
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=world.aws("kms").create_key()["KeyMetadata"]["Arn"])
    volume = findings.volume()
    found = findings.until(volume, ENCRYPTED, "waiting")
    data = ec2.create_volume(AvailabilityZone=f"{world.runtime.region}a", Size=1, Encrypted=True)
    instance = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"][0]["InstanceId"]
    ec2.attach_volume(VolumeId=data["VolumeId"], InstanceId=instance, Device="/dev/sdf")
    findings.say("approve", found, "approver")
    world.eventually(lambda: "goes with its instance" in (findings.of(volume, ENCRYPTED) or {})["reason"])
    with lacking(world, "ApplyFixFunction", "SetWhatIsManaged"):
        failed = findings.until(volume, ENCRYPTED, "failed")
    assert failed["reason"].endswith("; undone"), failed["reason"]
    findings.say("remediate", failed, "operator")
    findings.say("approve", findings.until(volume, ENCRYPTED, "waiting"), "approver")
    findings.until(volume, ENCRYPTED, "remediated")


def _restore_and_go_back(findings: Findings) -> None:
    """The copy cannot get the database's name, so all is undone; then it is made again."""
    world, database = findings.world, findings.database()
    findings.say("approve", findings.until(database, RESTORED, "waiting"), "approver")
    world.eventually(lambda: "is kept" in (findings.of(database, RESTORED) or {})["reason"])
    with lacking(world, "ApplyFixFunction", "SetWhatIsManaged"):
        failed = findings.until(database, RESTORED, "failed")
    assert failed["reason"].endswith("; undone"), failed["reason"]
    findings.say("remediate", failed, "operator")
    findings.say("approve", findings.until(database, RESTORED, "waiting"), "approver")
    findings.until(database, RESTORED, "remediated")


def _agree(findings: Findings) -> None:
    """Before anybody waits for it; to the one that has failed, since that keeps all others as they are."""
    (failed,) = [each for each in findings.all() if (each["rule"], each["state"]) == (SSH, "failed")]
    group = failed["resource"]["id"]
    with throttled(findings.world, "AwaitApprovalFunction"):
        findings.say("remediate", failed, "operator")
        findings.say("approve", findings.until(group, SSH, "waiting"), "approver")
    findings.until(group, SSH, "remediated")


def _tell_twice(findings: Findings) -> None:
    """An event comes again while its finding waits; then its owner closes the group."""
    world, group = findings.world, findings.group()
    found = findings.until(group, SSH, "waiting")
    _invoke(world, "OnFindingFunction", _event_of(world, group), "RequestResponse")
    ranges = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    opened = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **ranges}
    eventually(lambda: _waits(world, found))
    world.aws("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=[opened])
    findings.until(group, SSH, "remediated")


def _event_of(world: World, resource: str) -> dict[str, Any]:
    told = [each["event"] for each in world.events() if each["event"]["source"] == "aws.config"]
    return next(event for event in told if event["detail"]["resourceId"] == resource)


def _waits(world: World, found: dict[str, Any]) -> bool:
    """Whether the token of its wait is stored."""
    items = world.items(f"FINDING#{found['id']}")
    return any(json.loads(item["body"]["S"])["remediation"]["tokens"] for item in items)


def _sweep_what_was_not_heard(findings: Findings) -> None:
    """The answer is stored, and does not reach the machine: the sweep brings it there."""
    world = findings.world
    found = findings.until(findings.group(), SSH, "waiting")
    eventually(lambda: _waits(world, found))
    with lacking(world, "ApiFunction", "AnswerRemediations"):
        assert findings.say("approve", found, "approver").status == 422  # noqa: PLR2004
    sweep(world)
    findings.until(found["resource"]["id"], SSH, "remediated")
    findings.until(findings.group(), SSH, "waiting")
    sweep(world)


def _end_an_exception(findings: Findings) -> None:
    world, id_ = findings.world, "medley"
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"id": id_, "rule": BUCKETS, "reason": "a story", "owner": "tests", "until": until}
    world.api().request("PUT", f"/exceptions/{id_}", body)
    bucket = findings.bucket()
    found = findings.until(bucket, BUCKETS, "excepted")
    world.api().request("DELETE", f"/exceptions/{id_}")
    sweep(world)
    findings.until(bucket, BUCKETS, "remediated")
    findings.say("remediate", found, "operator")
    failed = next(each for each in findings.all() if each["state"] == "failed" and each["rule"] == BUCKETS)
    findings.say("remediate", failed, "operator")
    findings.until(failed["resource"]["id"], BUCKETS, "remediated")


def _differ_from_a_baseline(findings: Findings) -> None:
    """A volume that was there before: no change tells of it."""
    world = findings.world
    volume = world.aws("ec2").create_volume(AvailabilityZone=f"{world.runtime.region}a", Size=1)["VolumeId"]
    body = {"reason": "a story", "expected": {"configuration.encrypted": True}}
    world.api().request("PUT", "/baselines/AWS::EC2::Volume", body)
    findings.until(volume, "baseline-kept", "open", reason="only tells")


def _lose_events(findings: Findings) -> None:
    """What nobody could be woken for ends in the queue."""
    world, since = findings.world, findings.world.last_call()
    with throttled(world, "OnFindingFunction", "SweepFindingsFunction"):
        findings.bucket()
        _invoke(world, "SweepFindingsFunction", {"source": "aws.events", "time": "now"}, "Event")
        for name in ("OnFinding", "SweepFindings"):
            eventually(lambda name=name: _has_sent(world, since, name))  # type: ignore[misc]


def _has_sent(world: World, since: int, function: str) -> bool:
    calls = [call for call in world.calls(since) if function in call["principal"]]
    return any(call["operation"] == "SendMessage" for call in calls)


def sweep(world: World) -> None:
    """As each hour."""
    _invoke(world, "SweepFindingsFunction", {"source": "aws.events", "time": "now"}, "RequestResponse")


def _invoke(world: World, function: str, event: dict[str, Any], how: str) -> None:
    world.aws("lambda").invoke(
        FunctionName=f"{function_name(world, function)}:live",
        InvocationType=how,
        Payload=json.dumps(event).encode(),
    )
