"""AWS that throttles Signalbox: its roles are refused, in the words of each service; users never are."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends

from signalbox_local.authorisation import Authoriser
from signalbox_local.aws_endpoint import build_app
from signalbox_local.calls import CallLog
from signalbox_local.identities import ADMINISTRATOR_POLICY, Credentials, Identities, KeyPair
from signalbox_local.loopback import LoopbackServer
from signalbox_local.throttling import Throttle, throttling_control

ACCOUNT, REGION = "111122224444", "eu-west-1"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
READS = {
    "dynamodb": ("list_tables", "ThrottlingException", 400),
    "autoscaling": ("describe_auto_scaling_groups", "Throttling", 400),
    "elbv2": ("describe_load_balancers", "Throttling", 400),
    "ec2": ("describe_instances", "RequestLimitExceeded", 503),
    "lambda": ("list_functions", "TooManyRequestsException", 429),
    "scheduler": ("list_schedules", "ThrottlingException", 429),
    "sqs": ("list_queues", "Throttling", 400),
}


class Endpoint:
    """An endpoint with an administrator and a role that may do all."""

    def __init__(self) -> None:
        iam_backends.pop(ACCOUNT, None)
        throttle = Throttle()
        self.calls = CallLog()
        identities = Identities(ACCOUNT)
        controls = {"throttling": throttling_control(throttle)}
        app = build_app(identities, Authoriser(), self.calls, controls, throttle)
        self.server = LoopbackServer(app, 0, "aws-endpoint")
        self.server.start()
        self.admin = identities.create_administrator()
        iam = self.client("iam", self.admin)
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps({"Statement": [TRUST]}))
        iam.put_role_policy(
            RoleName="worker", PolicyName="all", PolicyDocument=json.dumps(ADMINISTRATOR_POLICY)
        )
        self.worker = identities.issue(f"arn:aws:iam::{ACCOUNT}:role/worker", "session")

    def client(self, service: str, who: KeyPair | Credentials) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.server.url,
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            aws_session_token=getattr(who, "session_token", None),
            config=Config(retries={"total_max_attempts": 1}),
        )

    def throttle(self, **body: Any) -> int:
        request = Request(f"{self.server.url}/_signalbox/throttling", json.dumps(body).encode())
        try:
            with urlopen(request) as answer:
                return int(answer.status)
        except HTTPError as problem:
            return problem.code

    def outcome(self, service: str, who: KeyPair | Credentials) -> tuple[str, int]:
        """The error code, empty when the call succeeded, and the status."""
        try:
            getattr(self.client(service, who), READS[service][0])()
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return error.response["Error"]["Code"], status
        return "", 200


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    yield endpoint
    endpoint.server.stop()


@pytest.mark.parametrize("service", READS)
def test_each_service_refuses_in_its_own_words(endpoint: Endpoint, service: str) -> None:
    endpoint.throttle(percent=100)
    assert endpoint.outcome(service, endpoint.worker) == READS[service][1:]
    assert endpoint.calls.since()[-1].error is not None
    assert endpoint.outcome(service, endpoint.admin) == ("", 200)


def test_about_as_many_calls_as_asked_for_are_refused_and_the_seed_decides_which(endpoint: Endpoint) -> None:
    def run() -> list[bool]:
        endpoint.throttle(percent=30, seed=7)
        return [endpoint.outcome("dynamodb", endpoint.worker)[0] != "" for _ in range(60)]

    first = run()
    assert 6 <= sum(first) <= 30
    assert run() == first


def test_other_services_are_spared(endpoint: Endpoint) -> None:
    endpoint.throttle(percent=100, services=["elbv2"])
    assert endpoint.outcome("elbv2", endpoint.worker)[0] == "Throttling"
    assert endpoint.outcome("autoscaling", endpoint.worker)[0] == ""
    endpoint.throttle(percent=0)
    assert endpoint.outcome("elbv2", endpoint.worker)[0] == ""


@pytest.mark.parametrize("body", [{"percent": 101}, {"percent": "many"}, {}])
def test_a_share_that_is_none_is_refused(endpoint: Endpoint, body: Any) -> None:
    assert endpoint.throttle(**body) == 400
