"""The template, unmodified, deploys into an emulator that we did not write, and answers there."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.smoke.deployment import STACK, build_for_this_machine, deploy, rewrite_machines_as_json
from tests.smoke.emulator import KEY, REGION, emulator, session
from tests.smoke.estate import make_estate

_SECONDS_TO_BEGIN = 30


@dataclass(frozen=True)
class Stack:
    """A deployed stack: where AWS answers, what it put out, and the first caller's key."""

    address: str
    outputs: dict[str, str]
    key: str

    def call(
        self, method: str, path: str, body: object = None, *, signed: bool = True, key: bool = True
    ) -> requests.Response:
        """A call to the API, at the place where the emulator serves it."""
        api, stage = urlsplit(self.outputs["ApiUrl"]).netloc.partition(".")[0], "v1"
        url = f"{self.address}/restapis/{api}/{stage}/_user_request_{path}"
        data = None if body is None else json.dumps(body)
        headers = {"content-type": "application/json"} | ({"x-api-key": self.key} if key else {})
        request = AWSRequest(method, url, headers=headers, data=data)
        if signed:
            SigV4Auth(Credentials(KEY, KEY), "execute-api", REGION).add_auth(request)
        return requests.request(method, url, headers=dict(request.headers), data=data, timeout=30)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("emulator")
    built = build_for_this_machine(folder / "build")
    rewrite_machines_as_json(built)
    with emulator(folder) as address:
        outputs = deploy(built, address)
        key = (
            session()
            .client("apigateway", endpoint_url=address)
            .get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)
        )
        yield Stack(address, outputs, key["value"])


def test_every_resource_stands(stack: Stack) -> None:
    found = (
        session()
        .client("cloudformation", endpoint_url=stack.address)
        .describe_stack_resources(StackName=STACK)
    )
    assert {resource["ResourceStatus"] for resource in found["StackResources"]} == {"CREATE_COMPLETE"}


def test_a_signed_call_with_a_key_is_answered(stack: Stack) -> None:
    answer = stack.call("GET", "/health")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("missing", ["signed", "key"])
def test_a_call_without_signature_or_key_is_refused(stack: Stack, missing: str) -> None:
    given = {"signed": missing != "signed", "key": missing != "key"}
    assert stack.call("GET", "/health", **given).status_code == 403


def test_a_rollout_is_begun(stack: Stack) -> None:
    estate = make_estate(session(), stack.address, "checkout")
    registered = stack.call("PUT", "/services/checkout", estate.service("checkout", REGION))
    assert registered.status_code == 201, registered.text
    started = stack.call("POST", "/services/checkout/rollouts", {"version": estate.next_image})
    assert started.status_code == 202, started.text
    rollout = f"/services/checkout/rollouts/{started.json()['rollout_id']}"
    assert _phase_after_pending(stack, rollout) == "running"
    timeline = stack.call("GET", f"{rollout}/timeline").json()["events"]
    assert "Rollout Started" in [event["type"] for event in timeline]


def _phase_after_pending(stack: Stack, rollout: str) -> str:
    """The machine's first task has run when the phase is another one."""
    deadline = time.monotonic() + _SECONDS_TO_BEGIN
    while (phase := str(stack.call("GET", rollout).json()["phase"])) == "pending":
        assert time.monotonic() < deadline, "the machine did not begin"
        time.sleep(0.2)
    return phase
