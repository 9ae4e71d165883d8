"""Systems Manager on moto: who is being patched at this moment, by a command or an association."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ssm.models import ssm_backends

from signalbox.aws import places
from signalbox.aws.fleets.patching import SsmPatching
from signalbox.kernel.errors import Rejected, Transient
from signalbox_local.moto_seams import Seams, fleet_resources
from signalbox_local.moto_seams.associations import LASTS
from tests.integration.fleet_answers import answers
from tests.integration.fleet_stages import HOME, REGION, Instances

NOBODY: dict[str, Any] = {"CommandInvocations": []}
NIGHTLY = {"Name": "AWS-RunPatchBaseline", "AssociationId": "a-1", "AssociationName": "nightly"}
TOLD = "AWS-RunPatchBaseline, association nightly"


class Time:
    """Stands still unless somebody moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def time() -> Iterator[Time]:
    made, time = Seams(), Time()
    fleet_resources(made, time)
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield time
    places.forget_clients()
    made.undo()


def _send(document: str, *ids: str, status: str = "InProgress") -> str:
    """Its id; moto ends commands at once."""
    sent: Any = boto3.client("ssm").send_command(DocumentName=document, InstanceIds=list(ids))
    id_ = str(sent["Command"]["CommandId"])
    backend = ssm_backends[HOME.account][REGION]
    next(each for each in backend._commands if each.command_id == id_).status = status
    return id_


def _associate(document: str, *ids: str, **more: Any) -> str:
    """It runs at once. Its id."""
    targets: Any = [{"Key": "InstanceIds", "Values": list(ids)}]
    made = boto3.client("ssm").create_association(Name=document, **{"Targets": targets, **more})
    return made["AssociationDescription"]["AssociationId"]


def _denied(operation: str, code: str = "AccessDeniedException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def _asked(given: Any) -> dict[str, Any]:
    return dict(json.loads(given["body"]))


def test_only_commands_that_patch_and_have_not_ended_count(time: Time) -> None:
    patching = _send("AWS-RunPatchBaseline", "i-1", "i-2")
    _send("AWS-RunPatchBaseline", "i-3", status="Success")
    _send("AWS-RunShellScript", "i-4")
    told = f"AWS-RunPatchBaseline, command {patching}"
    assert SsmPatching().patched(HOME, time.now) == {"i-1": told, "i-2": told}


def test_all_pages_of_commands_are_read(time: Time) -> None:
    def page(given: Any) -> dict[str, Any]:
        asked = _asked(given)
        assert asked["Filters"] == [{"key": "Status", "value": "InProgress"}]
        found = {"InstanceId": "i-2" if "NextToken" in asked else "i-1", "CommandId": "c"}
        following = {} if "NextToken" in asked else {"NextToken": "more"}
        return {"CommandInvocations": [{**found, "DocumentName": "AWS-InstallWindowsUpdates"}], **following}

    with answers("ssm", ListCommandInvocations=page, ListAssociations={"Associations": []}) as asked:
        assert set(SsmPatching().patched(HOME, time.now)) == {"i-1", "i-2"}
    assert asked == ["ListCommandInvocations", "ListCommandInvocations", "ListAssociations"]


def test_an_association_that_patches_is_named_until_it_has_run(time: Time) -> None:
    tagged = Instances(boto3.Session()).put("web", {"patch": "nightly"})
    by_tag = [{"Key": "tag:patch", "Values": ["nightly"]}]
    _associate("AWS-RunPatchBaselineWithHooks", Targets=by_tag, AssociationName="web-nightly")
    unnamed = _associate("arn:aws:ssm:eu-west-1:1:document/AWS-RunPatchBaselineAssociation", "i-2", "i-3")
    _associate("AWS-GatherSoftwareInventory", "i-4")
    _associate("AWS-RunPatchBaseline", "i-5", ApplyOnlyAtCronInterval=True)
    document = "arn:aws:ssm:eu-west-1:1:document/AWS-RunPatchBaselineAssociation"
    assert SsmPatching().patched(HOME, time.now) == {
        tagged: "AWS-RunPatchBaselineWithHooks, association web-nightly",
        "i-2": f"{document}, association {unnamed}",
        "i-3": f"{document}, association {unnamed}",
    }
    time.now += LASTS
    assert SsmPatching().patched(HOME, time.now) == {}
    boto3.client("ssm").start_associations_once(AssociationIds=[unnamed])
    assert set(SsmPatching().patched(HOME, time.now)) == {"i-2", "i-3"}


def test_what_has_ended_and_what_does_not_patch_costs_no_look_at_its_instances(time: Time) -> None:
    others = [{"Name": "AWS-GatherSoftwareInventory", "AssociationId": f"a-{number}"} for number in range(9)]
    ended = {"ExecutionId": "e-1", "Status": "Success", "ResourceCountByStatus": "{Success=10000}"}
    with answers(
        "ssm",
        ListCommandInvocations=NOBODY,
        ListAssociations={"Associations": [*others, NIGHTLY]},
        DescribeAssociationExecutions={"AssociationExecutions": [ended]},
    ) as asked:
        assert SsmPatching().patched(HOME, time.now) == {}
    assert asked == ["ListCommandInvocations", "ListAssociations", "DescribeAssociationExecutions"]


@pytest.mark.parametrize(
    "execution",
    [
        {"Status": "InProgress"},
        {"Status": "Pending", "ResourceCountByStatus": "{Pending=1, InProgress=2}"},
        {"Status": "Failed", "ResourceCountByStatus": "{Failed=1, InProgress=2}"},
        {"Status": "AWordOfTomorrow", "ResourceCountByStatus": "{AWordOfTomorrow=3}"},
    ],
)
def test_what_may_still_run_is_looked_at_and_all_pages_are_read(
    time: Time, execution: dict[str, str]
) -> None:
    def paged(key: str, one: dict[str, str], other: dict[str, str], given: Any) -> dict[str, Any]:
        asked = _asked(given)
        assert asked["MaxResults"] == 50
        if "NextToken" in asked:
            return {key: [other]}
        return {key: [one], "NextToken": "more"}

    def executions(given: Any) -> dict[str, Any]:
        (recent,) = _asked(given)["Filters"]
        assert (recent["Key"], recent["Type"]) == ("CreatedTime", "GREATER_THAN")
        assert time.now - datetime.fromisoformat(recent["Value"]) == pytest.approx(
            timedelta(days=2), abs=timedelta(milliseconds=1)
        )
        found = {"ExecutionId": "e-2", **execution}
        return paged("AssociationExecutions", {"ExecutionId": "e-1", "Status": "Success"}, found, given)

    def targets(given: Any) -> dict[str, Any]:
        asked = _asked(given)
        assert (asked["AssociationId"], asked["ExecutionId"]) == ("a-1", "e-2")
        assert asked["Filters"] == [{"Key": "Status", "Value": "InProgress"}]
        return paged("AssociationExecutionTargets", {"ResourceId": "i-1"}, {"ResourceId": "i-2"}, given)

    with answers(
        "ssm",
        ListCommandInvocations=NOBODY,
        ListAssociations=lambda given: paged("Associations", {"Name": "Own"}, NIGHTLY, given),
        DescribeAssociationExecutions=executions,
        DescribeAssociationExecutionTargets=targets,
    ):
        assert SsmPatching().patched(HOME, time.now) == {"i-1": TOLD, "i-2": TOLD}


@pytest.mark.parametrize(
    "operation", ["DescribeAssociationExecutions", "DescribeAssociationExecutionTargets"]
)
def test_an_association_that_somebody_deletes_meanwhile_patches_nobody(time: Time, operation: str) -> None:
    running = {"ExecutionId": "e-1", "Status": "InProgress"}
    given: dict[str, Any] = {
        "ListCommandInvocations": NOBODY,
        "ListAssociations": {"Associations": [NIGHTLY]},
        "DescribeAssociationExecutions": {"AssociationExecutions": [running]},
        operation: _denied(operation, "AssociationDoesNotExist"),
    }
    with answers("ssm", **given):
        assert SsmPatching().patched(HOME, time.now) == {}


@pytest.mark.parametrize(
    "operation",
    [
        "ListCommandInvocations",
        "ListAssociations",
        "DescribeAssociationExecutions",
        "DescribeAssociationExecutionTargets",
    ],
)
@pytest.mark.parametrize(
    ("code", "kind"), [("AccessDeniedException", Rejected), ("ThrottlingException", Transient)]
)
def test_who_cannot_see_it_is_told(time: Time, operation: str, code: str, kind: type[Exception]) -> None:
    running = {"ExecutionId": "e-1", "Status": "InProgress"}
    given: dict[str, Any] = {
        "ListCommandInvocations": NOBODY,
        "ListAssociations": {"Associations": [NIGHTLY]},
        "DescribeAssociationExecutions": {"AssociationExecutions": [running]},
        operation: _denied(operation, code),
    }
    with answers("ssm", **given), pytest.raises(kind, match=f"{operation}.*{code}"):
        SsmPatching().patched(HOME, time.now)
