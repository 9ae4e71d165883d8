"""What Config finds is put right once, with a yes where it may hurt, and proven; or left, and why."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signalbox_local.config_rules.account_recorder import NAME
from signalbox_local.sample_violations import tell_inventory
from tests.scenario.command_line import CommandLine
from tests.scenario.compliance import BY_CONFIG, PATIENCE, Findings
from tests.scenario.conftest import serving
from tests.scenario.roles import lacking
from tests.scenario.schedules import pass_by
from tests.scenario.world import World, eventually

TAGS, MANAGED, AGENT = "required-tags", "instance-managed", "instance-agent"
BUCKETS, SSH, VOLUMES = "bucket-public-access", "ssh-closed", "volume-encrypted"
BASELINE = "baseline-kept"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own, with the rules in Config."""
    tags = ("--parameter", "RequiredTags=owner,env")
    with serving(tmp_path_factory.mktemp("stage"), *BY_CONFIG, *tags) as runtime:
        yield World(runtime)


@pytest.fixture
def findings(stage: World) -> Findings:
    return Findings(stage)


def test_a_bucket_is_found_put_right_by_itself_and_proven(stage: World, findings: Findings) -> None:
    since = stage.last_call()
    bucket = findings.bucket()
    found = findings.until(bucket, BUCKETS, "remediated")
    assert set(findings.blocks(bucket).values()) == {True}
    assert findings.types(found) == ["Finding Opened", "Remediation Started", "Remediation Succeeded"]
    evidence = found["evidence"]
    assert evidence["chain_verified"]
    assert (evidence["before"]["Configured"], evidence["after"]["Configured"]) == (False, True)
    writes = [call for call in stage.calls(since) if call["operation"] == "PutPublicAccessBlock"]
    assert ["ApplyFix" in call["principal"] for call in writes] == [True]


def test_of_many_at_once_two_are_tried_and_watched_before_the_others_follow(
    stage: World, findings: Findings
) -> None:
    buckets = [findings.bucket() for _ in range(5)]

    def queued() -> list[str]:
        return [each["resource"]["id"] for each in findings.all() if each["queued"]]

    waiting = eventually(lambda: queued() if len(queued()) == 3 else [], PATIENCE)
    of_rule = findings.posture(BUCKETS)
    assert (of_rule["queued"], len(of_rule["first"]), of_rule["halted"]) == (3, 2, "")
    for bucket in waiting:
        with pytest.raises(stage.aws("s3").exceptions.ClientError, match="NoSuchPublicAccessBlock"):
            findings.blocks(bucket)
    for bucket in set(buckets) - set(waiting):
        findings.until(bucket, BUCKETS, "remediating")
    assert sorted(queued()) == sorted(waiting)

    def others_follow() -> bool:
        pass_by(stage, timedelta(minutes=1))  # and the first ones are still as they must be
        return not findings.posture(BUCKETS)["first"]

    eventually(others_follow, PATIENCE)
    for bucket in buckets:
        findings.until(bucket, BUCKETS, "remediated")


def test_a_group_is_closed_once_somebody_else_agrees(stage: World, findings: Findings) -> None:
    group = findings.group()
    found = findings.until(group, SSH, "waiting")
    assert findings.ranges(group) == ["0.0.0.0/0", "10.0.0.0/8"]
    proposed = found["evidence"]["proposal"][0]
    assert proposed["operation"] == "RevokeSecurityGroupIngress"
    assert findings.say("approve", found, "deployer").status == 403
    assert findings.say("approve", found, "approver", reason="agreed").status == 202
    done = findings.until(group, SSH, "remediated")
    assert findings.ranges(group) == ["10.0.0.0/8"]
    assert done["evidence"]["approved_by"].endswith("user/approver")


def test_what_is_rejected_is_left_until_somebody_asks_and_another_agrees(
    stage: World, findings: Findings
) -> None:
    group = findings.group()
    found = findings.until(group, SSH, "waiting")
    assert findings.say("reject", found, "approver", reason="the vendor needs it").status == 200
    left = findings.until(group, SSH, "open")
    assert left["reason"].endswith("the vendor needs it")
    assert findings.ranges(group) == ["0.0.0.0/0", "10.0.0.0/8"]
    dry = findings.say("remediate", found, "operator", dry_run=True)
    assert (dry.status, dry.body["outcome"]) == (200, "wait")
    assert findings.say("remediate", found, "operator").status == 202
    asked = findings.until(group, SSH, "waiting")
    assert findings.say("approve", asked, "operator").status == 409
    assert findings.say("approve", asked, "approver").status == 202
    findings.until(group, SSH, "remediated")


def test_an_unencrypted_volume_is_replaced_by_an_encrypted_copy_and_kept(
    stage: World, findings: Findings
) -> None:
    volume, ec2 = findings.volume(), stage.aws("ec2")
    instance = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"][0]["InstanceId"]
    found = findings.until(volume, VOLUMES, "waiting")
    planned = [write["operation"] for write in found["evidence"]["proposal"]]
    assert (planned[0], planned[-1], len(planned)) == ("CreateTags", "DeleteTags", 11)
    assert findings.say("approve", found, "approver").status == 202
    done = findings.until(volume, VOLUMES, "remediated")
    host = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    (device,) = host["BlockDeviceMappings"]
    copy = ec2.describe_volumes(VolumeIds=[device["Ebs"]["VolumeId"]])["Volumes"][0]
    assert (host["State"]["Name"], device["DeviceName"]) == ("running", "/dev/sda1")
    assert (device["Ebs"]["DeleteOnTermination"], copy["Encrypted"], copy["Size"]) == (True, True, 8)
    (kept,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    tags = {tag["Key"]: tag["Value"] for tag in kept["Tags"]}
    assert (kept["State"], tags["signalbox:kept-for"]) == ("available", done["id"])
    assert findings.types(done).count("Stage Begun") == 11
    assert done["evidence"]["chain_verified"]


def test_nothing_is_touched_that_its_owner_has_not_entrusted(findings: Findings) -> None:
    bucket = findings.bucket(managed=False)
    found = findings.until(bucket, BUCKETS, "open")
    eventually(lambda: "Finding Left" in findings.types(found))
    left = findings.until(bucket, BUCKETS, "open")
    assert "signalbox:managed" in left["reason"]


def test_what_only_its_owner_can_put_right_is_told(stage: World, findings: Findings) -> None:
    bucket, instance = findings.bucket(), findings.instance()
    told = findings.until(bucket, TAGS, "open", reason="no tag owner, env")
    assert findings.say("remediate", told, "operator").status == 409
    findings.until(instance, MANAGED, "open", reason="AmazonSSMManagedInstanceCore")
    tags: Any = [{"Key": key, "Value": "web"} for key in ("owner", "env")]
    stage.aws("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    tell_inventory(stage.aws, instance, "openssl")
    findings.until(bucket, TAGS, "remediated")
    findings.until(instance, MANAGED, "remediated")
    findings.until(instance, AGENT, "open", reason="no CloudWatch agent")
    tell_inventory(stage.aws, instance, "amazon-cloudwatch-agent")
    findings.until(instance, AGENT, "remediated")


def test_what_somebody_decided_to_leave_is_left(stage: World, findings: Findings) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    exception = {
        "id": "legacy", "rule": BUCKETS, "resource": "legacy-photos",
        "reason": "goes in spring", "owner": "web", "until": until,
    }  # fmt: skip
    api = stage.api("operator")
    assert api.request("PUT", "/exceptions/legacy", exception).status == 201
    assert api.request("PUT", "/exceptions/legacy", exception).status == 200
    assert api.request("PUT", "/exceptions/all", {**exception, "id": "other"}).status == 400
    s3 = stage.aws("s3")
    region = {"LocationConstraint": stage.runtime.region}
    s3.create_bucket(Bucket="legacy-photos", CreateBucketConfiguration=region)
    s3.put_bucket_tagging(
        Bucket="legacy-photos", Tagging={"TagSet": [{"Key": "signalbox:managed", "Value": "true"}]}
    )
    found = findings.until("legacy-photos", BUCKETS, "excepted")
    assert (found["exception"], "goes in spring" in found["reason"]) == ("legacy", True)
    assert findings.say("remediate", found, "operator").status == 409
    assert api.request("DELETE", "/exceptions/legacy").status == 204
    left = api.request("GET", "/exceptions/legacy").body
    assert (left["deleted"], left["in_force"], len(left["versions"])) == (True, False, 2)


def test_what_cannot_be_written_fails_and_pages_and_nothing_is_changed(
    stage: World, findings: Findings
) -> None:
    with lacking(stage, "ApplyFixFunction", "BlockPublicAccess"):
        bucket = findings.bucket()
        found = findings.until(bucket, BUCKETS, "failed")
    assert "AccessDenied" in found["reason"]
    assert found["reason"].endswith("nothing was changed")
    assert findings.types(found)[-1] == "Remediation Failed"
    assert findings.say("remediate", found, "operator").status == 202
    findings.until(bucket, BUCKETS, "remediated")


def test_what_is_deleted_is_gone(stage: World, findings: Findings) -> None:
    group = findings.group()
    findings.until(group, SSH, "waiting")
    stage.aws("ec2").delete_security_group(GroupId=group)
    findings.until(group, SSH, "gone")


def _pages(stage: World) -> str:
    """The URL of a queue that gets what is paged."""
    (topic,) = stage.aws("sns").list_topics()["Topics"]
    url: str = stage.aws("sqs").create_queue(QueueName="pages")["QueueUrl"]
    arn = stage.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    stage.aws("sns").subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=arn["QueueArn"])
    return url


def test_what_somebody_opens_again_and_again_is_left_alone(stage: World, findings: Findings) -> None:
    pages = _pages(stage)
    bucket = findings.bucket()
    for _ in range(2):
        findings.until(bucket, BUCKETS, "remediated")
        stage.aws("s3").delete_public_access_block(Bucket=bucket)
        eventually(lambda: (found := findings.of(bucket, BUCKETS)) and found["state"] != "remediated")
    found = findings.until(bucket, BUCKETS, "flapping")
    assert found["exception"] == f"flapping-{found['id']}"
    assert findings.types(found).count("Remediation Started") == 2
    page = eventually(lambda: stage.aws("sqs").receive_message(QueueUrl=pages).get("Messages"), PATIENCE)
    assert (
        f"{found['id']} is flapping: found 3 times within an hour" in json.loads(page[0]["Body"])["Message"]
    )


def test_the_command_line_tells_why(stage: World, findings: Findings, tmp_path: Path) -> None:
    bucket = findings.bucket()
    found = findings.until(bucket, BUCKETS, "remediated")
    line = CommandLine(stage.runtime.folder, tmp_path)
    told = line("findings", "why", found["id"])
    assert told.stdout.startswith(f"AWS::S3::Bucket {bucket} is remediated for {BUCKETS}")
    assert bucket in line("findings", "list").stdout


def test_who_differs_from_the_baseline_of_its_type_is_told_until_it_does_no_more(
    stage: World, findings: Findings, tmp_path: Path
) -> None:
    line = CommandLine(stage.runtime.folder, tmp_path)
    ec2, type_ = stage.aws("ec2"), "AWS::EC2::Volume"
    zone = f"{stage.runtime.region}a"
    volume = ec2.create_volume(AvailabilityZone=zone, Size=8, VolumeType="gp2")["VolumeId"]
    like = ("--like", volume, "--field", "configuration.volumeType", "--reason", "what we pay for")
    assert "recorded, version 1" in line("baselines", "record", type_, *like).stdout
    assert "in force, version 1" in line("baselines", "record", type_, *like).stdout
    ec2.modify_volume(VolumeId=volume, VolumeType="io1", Iops=100)
    found = findings.until(volume, BASELINE, "open", reason="its playbook only tells")
    assert "differs from baseline 1 of its type in configuration.volumeType" in found["reason"]
    (left,) = [each for each in found["evidence"]["timeline"] if each["type"] == "Finding Left"]
    differing = {"field": "configuration.volumeType", "expected": "gp2", "found": "io1"}
    assert left["data"]["facts"] == {"variations": [differing]}
    told = line("findings", "why", found["id"])
    assert 'configuration.volumeType: "gp2" was expected, "io1" was found.' in told.stdout
    assert findings.say("remediate", found, "operator").status == 409
    ec2.modify_volume(VolumeId=volume, VolumeType="gp2")
    findings.until(volume, BASELINE, "remediated")
    assert findings.posture(BASELINE)["states"]["remediated"] == 1
    ec2.modify_volume(VolumeId=volume, VolumeType="gp3")
    findings.until(volume, BASELINE, "open", reason="its playbook only tells")
    assert "over" in line("baselines", "delete", type_, "--reason", "a trial").stdout
    findings.until(volume, BASELINE, "gone")
    shown = line("baselines", "show", type_).stdout
    assert "nothing is expected any more" in shown
    assert "a trial" in shown


def test_a_baseline_that_cannot_be_is_refused_by_its_field(stage: World) -> None:
    operator, path = stage.api("operator"), "/baselines/AWS::EC2::Volume"
    body = {"reason": "audit", "expected": {"configuration.encrypted": True}}
    assert stage.api("deployer").request("PUT", path, body).status == 403
    nested: Any = 1
    for _ in range(13):
        nested = [nested]
    for wrong, field in (
        ({"expected": {"encrypted": True}}, "expected.encrypted"),
        ({"expected": {"configuration.a": nested}}, "expected.configuration.a"),
        ({"expected": {f"configuration.a{n}": 1 for n in range(51)}}, "expected"),
        ({"reason": ""}, "reason"),
        ({"like": "vol-1"}, "expected"),
        ({"color": "blue"}, "color"),
    ):
        refused = operator.request("PUT", path, {**body, **wrong})
        assert (refused.status, [each["field"] for each in refused.body["violations"]]) == (400, [field])
    assert operator.request("PUT", "/baselines/AWS::EC2::VPC", body).status == 400
    unknown = operator.request("PUT", path, {"reason": "audit", "like": "vol-0a1b2c3d4e5f60718"})
    assert (unknown.status, unknown.body["violations"][0]["field"]) == (422, "like")
    assert operator.request("GET", "/baselines/AWS::RDS::DBInstance").status == 404
    assert operator.request("DELETE", "/baselines/AWS::RDS::DBInstance").status == 404


def test_what_the_recorder_leaves_out_has_no_data_and_all_else_has(stage: World, findings: Findings) -> None:
    eventually(lambda: findings.posture(BUCKETS)["looked_at"], PATIENCE)
    config = stage.aws("config")
    (recorder,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
    without = {
        "allSupported": False,
        "exclusionByResourceTypes": {"resourceTypes": ["AWS::S3::Bucket"]},
        "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
    }
    config.put_configuration_recorder(ConfigurationRecorder={**recorder, "recordingGroup": without})
    try:
        bucket = findings.bucket(managed=False)
        group = findings.group()
        findings.until(group, SSH, "waiting")
        assert findings.of(bucket, BUCKETS) is None
        rules = findings.postures()
        told = "the recorder of AWS Config leaves out AWS::S3::Bucket"
        assert {name for name, each in rules.items() if each["no_data"] == told} == {BUCKETS, TAGS}
        assert rules[SSH]["verdict"] == "non_compliant"
    finally:
        config.put_configuration_recorder(ConfigurationRecorder=recorder)
    findings.until(bucket, BUCKETS, "open")


def test_without_a_recorder_nothing_is_compliant_and_posture_says_why(
    stage: World, findings: Findings
) -> None:
    eventually(lambda: findings.posture(BUCKETS)["looked_at"], PATIENCE)
    config = stage.aws("config")
    config.stop_configuration_recorder(ConfigurationRecorderName=NAME)
    try:
        rules = findings.postures()
        assert {each["verdict"] for each in rules.values()} == {"no_data"}
        assert rules[BUCKETS]["no_data"].startswith("the recorder of AWS Config is off since 20")
        bucket = findings.bucket(managed=False)
    finally:
        on = datetime.now(UTC)
        config.start_configuration_recorder(ConfigurationRecorderName=NAME)
    found = findings.until(bucket, BUCKETS, "open")
    assert datetime.fromisoformat(found["detected_at"]) > on - timedelta(milliseconds=1)
    of_rule = findings.posture(BUCKETS)
    assert (of_rule["verdict"], of_rule["no_data"]) == ("non_compliant", "")
