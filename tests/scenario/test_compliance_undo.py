"""A fix has broken an application: whoever is on call takes it back, and it is left so until they say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signalbox_local.config_rules.account_recorder import NAME
from tests.scenario.command_line import CommandLine
from tests.scenario.compliance import BY_CONFIG, Findings
from tests.scenario.compliance_medley import sweep
from tests.scenario.conftest import serving
from tests.scenario.world import World

SSH, BUCKETS = "ssh-closed", "bucket-public-access"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own, with the rules in Config: its clock is set forward."""
    with serving(tmp_path_factory.mktemp("stage"), *BY_CONFIG) as runtime:
        yield World(runtime)


@pytest.fixture
def findings(stage: World) -> Findings:
    return Findings(stage)


@pytest.fixture
def signalbox(stage: World, tmp_path: Path) -> CommandLine:
    return CommandLine(folder=stage.runtime.folder, home=tmp_path)


def _opened(stage: World, group: str) -> list[str]:
    """All that it lets in, with descriptions; EC2 keeps no order."""
    found = stage.aws("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])[
        "SecurityGroupRules"
    ]
    return sorted(str({**rule, "SecurityGroupRuleId": ""}) for rule in found)


def test_a_fix_that_broke_something_is_taken_back_and_left_so_while_the_exception_lasts(
    stage: World, findings: Findings, signalbox: CommandLine
) -> None:
    group = findings.group()
    before = _opened(stage, group)
    found = findings.until(group, SSH, "waiting")
    findings.say("approve", found, "approver")
    findings.until(group, SSH, "remediated")
    assert findings.ranges(group) == ["10.0.0.0/8"]

    planned = signalbox("findings", "undo", found["id"], "--reason", "the vendor is out", "--dry-run")
    assert "It would be undone: it is left as it was until" in planned.stdout
    assert "ec2:AuthorizeSecurityGroupIngress" in planned.stdout
    assert findings.ranges(group) == ["10.0.0.0/8"]

    words = ("findings", "undo", found["id"], "--reason", "the vendor is out")
    asked = signalbox(*words, "--until", "tomorrow 18:00")
    assert asked.stdout == f"{found['id']} is remediating: it is being undone: the vendor is out\n"
    undone = findings.until(group, SSH, "excepted")
    assert _opened(stage, group) == before
    assert findings.types(found)[-3:] == ["Undo Requested", "Undo Started", "Remediation Undone"]
    assert undone["evidence"]["undo"]["reason"] == "the vendor is out"
    assert undone["evidence"]["chain_verified"]
    assert signalbox(*words).stdout.startswith(f"{found['id']} is excepted: undone; exception undone-")

    told = signalbox("findings", "why", found["id"]).stdout
    assert "undo requested by user/operator: the vendor is out" in " ".join(told.split())
    exception = signalbox.json("exceptions", "show", f"undone-{found['id']}")
    assert (exception["owner"], exception["reason"]) == ("operator", "the vendor is out")

    sweep(stage)
    assert findings.until(group, SSH, "excepted")["id"] == found["id"]
    signalbox("exceptions", "delete", f"undone-{found['id']}", "--reason", "the vendor has moved")
    sweep(stage)
    findings.until(group, SSH, "waiting")


def test_what_others_have_changed_since_is_left_to_them(stage: World, findings: Findings) -> None:
    bucket = findings.bucket()
    found = findings.until(bucket, BUCKETS, "remediated")
    stage.aws("config").stop_configuration_recorder(ConfigurationRecorderName=NAME)  # nor does Config see it
    stage.aws("s3").delete_public_access_block(Bucket=bucket)
    refused = findings.say("undo", found, "deployer", reason="the shop is down")
    assert (refused.status, refused.body["detail"].partition(":")[0]) == (
        409,
        "others have changed since what was fixed",
    )
    missing = findings.say("undo", found, "deployer")
    assert (missing.status, missing.body["violations"][0]["field"]) == (400, "reason")
    late = findings.say("undo", found, "deployer", reason="so", until="2020-01-01T00:00:00Z")
    assert (late.status, late.body["violations"][0]["field"]) == (400, "until")
