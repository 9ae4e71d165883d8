"""Roles in other accounts are assumed with the secret that both sides agreed on, as STS asks for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from signalbox.aws import places
from signalbox.aws.places import client_in
from tests.integration.fleet_stages import HOME, OTHER, REGION

KEY = "ASIAOFTHEOTHERACCOUNT"


class TrustingRole:
    """STS, and a role whose trust policy has the condition `sts:ExternalId`: what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def assume(self, **given: Any) -> Any:
        body = dict(given["params"]["body"])
        self.asked.append(body)
        if body.get("ExternalId") != OTHER.external_id:
            error = {"Code": "AccessDenied", "Message": "is not authorized to perform: sts:AssumeRole"}
            return SimpleNamespace(status_code=403), {"Error": error, "ResponseMetadata": {}}
        credentials = {
            "AccessKeyId": KEY,
            "SecretAccessKey": "secret",
            "SessionToken": "token",
            "Expiration": datetime.now(UTC) + timedelta(hours=1),
        }
        return SimpleNamespace(status_code=200), {"Credentials": credentials}


@pytest.fixture
def role() -> Iterator[TrustingRole]:
    made = TrustingRole()
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        places._common().register("before-call.sts.AssumeRole", made.assume)
        yield made
    places.forget_clients()


def _signed_by(client: Any) -> list[str]:
    """The access key of each request that the client sends from now on."""
    keys: list[str] = []

    def note(request: Any, **given: object) -> None:
        header = request.headers["Authorization"]
        keys.append(
            (header.decode() if isinstance(header, bytes) else header).split("Credential=")[1][: len(KEY)]
        )

    client.meta.events.register("before-send.ec2", note)
    return keys


def test_the_secret_goes_with_the_role_and_what_comes_back_signs_every_call(role: TrustingRole) -> None:
    ec2 = client_in(OTHER, "ec2")
    keys = _signed_by(ec2)
    ec2.describe_instances()
    client_in(OTHER, "ssm")
    ec2.describe_instances()
    assert keys == [KEY, KEY]
    (asked,) = role.asked
    assert asked["RoleArn"] == OTHER.role_arn
    assert asked["ExternalId"] == "between-us"
    assert asked["RoleSessionName"] == "signalbox-fleets"


@pytest.mark.parametrize("secret", ["", "of somebody else"])
def test_without_the_secret_nobody_enters(role: TrustingRole, secret: str) -> None:
    with pytest.raises(ClientError) as refusal:
        client_in(replace(OTHER, external_id=secret), "ec2").describe_instances()
    assert refusal.value.operation_name == "AssumeRole"
    assert [asked.get("ExternalId", "") for asked in role.asked] == [secret]


def test_at_home_no_role_is_assumed(role: TrustingRole) -> None:
    client_in(HOME, "ec2").describe_instances()
    assert role.asked == []
