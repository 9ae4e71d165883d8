"""Commands of Systems Manager on moto: who is being patched at this moment."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ssm.models import ssm_backends

from signalbox.aws import places
from signalbox.aws.fleets.patching import SsmPatching
from signalbox.kernel.errors import Rejected
from signalbox_local.moto_seams import Seams, fleet_resources
from tests.integration.fleet_answers import answers
from tests.integration.fleet_stages import HOME, REGION


@pytest.fixture(autouse=True)
def seams() -> Iterator[None]:
    made = Seams()
    fleet_resources(made)
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield
    places.forget_clients()
    made.undo()


def _send(document: str, *ids: str, status: str = "InProgress") -> str:
    """Its id; moto ends commands at once."""
    sent: Any = boto3.client("ssm").send_command(DocumentName=document, InstanceIds=list(ids))
    id_ = str(sent["Command"]["CommandId"])
    backend = ssm_backends[HOME.account][REGION]
    next(each for each in backend._commands if each.command_id == id_).status = status
    return id_


def test_only_what_patches_and_has_not_ended_counts() -> None:
    patching = _send("AWS-RunPatchBaseline", "i-1", "i-2")
    _send("AWS-RunPatchBaseline", "i-3", status="Success")
    _send("AWS-RunShellScript", "i-4")
    told = f"AWS-RunPatchBaseline, command {patching}"
    assert SsmPatching().patched(HOME) == {"i-1": told, "i-2": told}


def test_all_pages_are_read() -> None:
    def page(given: Any) -> dict[str, Any]:
        assert '"Filters": [{"key": "Status", "value": "InProgress"}]' in given["body"].decode()
        found = {"InstanceId": "i-2" if b"NextToken" in given["body"] else "i-1", "CommandId": "c"}
        following = {} if b"NextToken" in given["body"] else {"NextToken": "more"}
        return {"CommandInvocations": [{**found, "DocumentName": "AWS-InstallWindowsUpdates"}], **following}

    with answers("ssm", ListCommandInvocations=page) as asked:
        assert set(SsmPatching().patched(HOME)) == {"i-1", "i-2"}
    assert len(asked) == 2


def test_who_may_not_see_it_is_told() -> None:
    denied = ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListCommandInvocations"
    )
    with answers("ssm", ListCommandInvocations=denied), pytest.raises(Rejected, match="AccessDenied"):
        SsmPatching().patched(HOME)
