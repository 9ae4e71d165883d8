"""The API endpoint of the local runtime: who may call, how often, and what the function is told."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from signalbox_local.api_facts import ApiFacts, Route
from signalbox_local.authorisation import Authoriser
from signalbox_local.gateway import MOST_BYTES, Gateway
from signalbox_local.iam_records import backend_of
from signalbox_local.identities import Credentials, Identities, KeyPair
from signalbox_local.loopback import LoopbackServer

ACCOUNT = "333344445555"
"""An account of its own: whatever else runs in this process keeps its estate."""
REGION = "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:api:live"
READ_ONLY = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc123/v1/GET/*"
FACTS = ApiFacts(
    rest_api_id="abc123",
    stage="v1",
    account=ACCOUNT,
    region=REGION,
    api_key="the-key",
    routes=(
        Route("GET", "/services", FUNCTION, api_key_required=True),
        Route("GET", "/services/{service}", FUNCTION, api_key_required=True),
        Route("PUT", "/services/{service}", FUNCTION, api_key_required=True),
        Route("GET", "/services/all", "literal"),
        Route("POST", "/services/{service}/rollouts/{rollout_id}/abort", FUNCTION),
        Route("ANY", "/files/{proxy+}", FUNCTION),
        Route("GET", "/open", FUNCTION, auth="NONE"),
    ),
)


@dataclass(frozen=True)
class Answer:
    """What the function answered."""

    payload: bytes
    error: str | None = None


@dataclass
class FakeFunctions:
    """Functions that answer what a test says, and remember what they were asked."""

    answer: Answer = Answer(b'{"statusCode": 200, "body": "{}"}')
    seconds: float = 0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def invoke(self, name_or_arn: str, payload: bytes) -> Answer:
        self.asked.append((name_or_arn, json.loads(payload)))
        time.sleep(self.seconds)
        return self.answer

    @property
    def event(self) -> dict[str, Any]:
        return self.asked[-1][1]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def error(self) -> tuple[int, str, dict[str, str]]:
        return self.status, self.headers["x-amzn-errortype"], json.loads(self.text)


@dataclass
class Api:
    """A running gateway and the keys of somebody who may do all."""

    port: int
    identities: Identities
    functions: FakeFunctions
    admin: KeyPair

    def call(
        self,
        method: str,
        path: str,
        key: KeyPair | Credentials | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        scope: tuple[str, str] = ("execute-api", REGION),
    ) -> Reply:
        """A signed call; the API key is sent along unless the headers name one."""
        url = f"http://127.0.0.1:{self.port}{path}"
        sent = {"x-api-key": "the-key", **(headers or {})}
        request = AWSRequest(method, url, headers=sent, data=body)
        key = key or self.admin
        token = getattr(key, "session_token", None)
        credentials = BotoCredentials(key.access_key_id, key.secret_access_key, token)
        SigV4Auth(credentials, *scope).add_auth(request)
        return self.send(method, path, body, dict(request.headers.items()))

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, text)


Start = Callable[..., Api]


@pytest.fixture
def start() -> Iterator[Start]:
    iam_backends.pop(ACCOUNT, None)
    sts_backends.pop(ACCOUNT, None)
    servers: list[LoopbackServer] = []

    def run(facts: ApiFacts = FACTS, timeout: float = 10) -> Api:
        identities, functions = Identities(ACCOUNT), FakeFunctions()
        gateway = Gateway(facts, identities, Authoriser(), functions, timeout)
        servers.append(LoopbackServer(gateway, 0, "api"))
        servers[-1].start()
        return Api(servers[-1].port, identities, functions, identities.create_administrator())

    yield run
    for server in servers:
        server.stop()


@pytest.fixture
def api(start: Start) -> Api:
    return start()


def viewer(api: Api) -> KeyPair:
    """A user who may only read."""
    key = api.identities.create_user("viewer")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": READ_ONLY}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backend_of(ACCOUNT).put_user_policy("viewer", "read", policy)
    return key


def test_the_function_is_told_everything_about_the_request(api: Api) -> None:
    reply = api.call(
        "PUT", "/services/check%20out?a=1&a=2&b=x%26y", body=b'{"name": "x"}', headers={"X-Thing": "yes"}
    )
    event, (function, _) = api.functions.event, api.functions.asked[-1]
    assert reply.status == 200
    assert function == FUNCTION
    assert event["resource"] == "/services/{service}"
    assert event["httpMethod"] == "PUT"
    assert event["path"] == "/services/check out"
    assert event["pathParameters"] == {"service": "check out"}
    assert event["queryStringParameters"] == {"a": "2", "b": "x&y"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["x&y"]}
    assert event["headers"]["X-Thing"] == "yes"
    assert event["multiValueHeaders"]["X-Thing"] == ["yes"]
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert "Authorization" not in event["headers"]
    assert event["body"] == '{"name": "x"}'
    assert event["isBase64Encoded"] is False


def test_the_function_is_told_who_calls(api: Api) -> None:
    api.call("GET", "/services", headers={"User-Agent": "a-test"})
    context = api.functions.event["requestContext"]
    assert context["stage"] == "v1"
    assert context["apiId"] == "abc123"
    assert context["resourcePath"] == "/services"
    assert context["path"] == "/v1/services"
    assert context["requestId"]
    identity = context["identity"]
    assert identity["userArn"] == f"arn:aws:iam::{ACCOUNT}:user/administrator"
    assert identity["caller"] == identity["user"]
    assert identity["accountId"] == ACCOUNT
    assert identity["accessKey"] == api.admin.access_key_id
    assert identity["apiKey"] == "the-key"
    assert (identity["sourceIp"], identity["userAgent"]) == ("127.0.0.1", "a-test")


def test_nothing_is_none_as_on_aws(api: Api) -> None:
    api.call("GET", "/services")
    event = api.functions.event
    for empty in ("body", "pathParameters", "queryStringParameters", "multiValueQueryStringParameters"):
        assert event[empty] is None


def test_a_session_of_a_role_is_told_as_such(api: Api) -> None:
    backend_of(ACCOUNT).create_role(
        role_name="ci", assume_role_policy_document="{}", path="/", permissions_boundary=None, description="",
        tags=[], max_session_duration=None,
    )  # fmt: skip
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    backend_of(ACCOUNT).put_role_policy(
        "ci", "all", json.dumps({"Version": "2012-10-17", "Statement": everything})
    )
    issued = api.identities.issue(f"arn:aws:iam::{ACCOUNT}:role/ci", "build-7")
    assert api.call("GET", "/services", issued).status == 200
    identity = api.functions.event["requestContext"]["identity"]
    assert identity["userArn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/build-7"
    assert identity["caller"].endswith(":build-7")


def test_a_call_without_a_signature_is_refused(api: Api) -> None:
    refused = (403, "MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})
    assert api.send("GET", "/services").error == refused
    assert not api.functions.asked


def test_an_unknown_path_or_method_is_refused_alike(api: Api) -> None:
    refused = (403, "MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})
    assert api.call("GET", "/elsewhere").error == refused
    assert api.call("DELETE", "/services").error == refused
    assert api.call("HEAD", "/services").status == 403


def test_a_wrong_secret_is_refused(api: Api) -> None:
    status, kind, body = api.call("GET", "/services", replace(api.admin, secret_access_key="x" * 40)).error
    assert (status, kind) == (403, "InvalidSignatureException")
    assert body["message"].startswith("The request signature we calculated does not match")


def test_a_changed_body_is_refused(api: Api) -> None:
    request = AWSRequest("PUT", f"http://127.0.0.1:{api.port}/services/a", data=b"one")
    credentials = BotoCredentials(api.admin.access_key_id, api.admin.secret_access_key)
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    assert api.send("PUT", "/services/a", b"two", dict(request.headers.items())).status == 403


def test_an_unknown_key_is_refused(api: Api) -> None:
    status, kind, body = api.call("GET", "/services", KeyPair("AKIA0000000000000000", "x" * 40)).error
    assert (status, kind) == (403, "UnrecognizedClientException")
    assert body == {"message": "The security token included in the request is invalid."}


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        (("execute-api", "us-east-1"), "a valid region, not 'us-east-1'"),
        (("s3", REGION), "a valid service, not 's3'"),
    ],
)
def test_a_signature_for_elsewhere_is_refused(api: Api, scope: tuple[str, str], told: str) -> None:
    status, kind, body = api.call("GET", "/services", scope=scope).error
    assert (status, kind) == (403, "InvalidSignatureException")
    assert told in body["message"]
    assert api.functions.asked == []


def test_a_viewer_reads_and_does_not_write(api: Api) -> None:
    key = viewer(api)
    assert api.call("GET", "/services/checkout", key).status == 200
    status, kind, body = api.call("PUT", "/services/checkout", key, b"{}").error
    assert (status, kind) == (403, "AccessDeniedException")
    assert body["Message"] == (
        f"User: arn:aws:iam::{ACCOUNT}:user/viewer is not authorized to perform: execute-api:Invoke on "
        f"resource: arn:aws:execute-api:{REGION}:********5555:abc123/v1/PUT/services/checkout because no "
        "identity-based policy allows the execute-api:Invoke action"
    )
    assert len(api.functions.asked) == 1


@pytest.mark.parametrize("given", ["", "another-key", "the-key-and-more", "schlüssel"])
def test_a_missing_or_wrong_api_key_is_forbidden(api: Api, given: str) -> None:
    headers = {"x-api-key": given.encode().decode("latin-1")}
    assert api.call("GET", "/services", headers=headers).error == (
        403,
        "ForbiddenException",
        {"message": "Forbidden"},
    )


def test_an_emergency_verb_needs_no_key_and_no_room_in_the_plan(start: Start) -> None:
    api = start(replace(FACTS, rate=0.001, burst=1))
    assert api.call("GET", "/services").status == 200
    assert api.call("GET", "/services").status == 429
    for _ in range(3):
        reply = api.call("POST", "/services/a/rollouts/b/abort", headers={"x-api-key": ""})
        assert reply.status == 200


def test_more_than_the_burst_is_too_many(start: Start) -> None:
    api = start(replace(FACTS, rate=0.001, burst=3))
    replies = [api.call("GET", "/services") for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].error == (429, "TooManyRequestsException", {"message": "Too Many Requests"})


def test_a_literal_path_comes_before_a_parameter_and_greedy_takes_the_rest(api: Api) -> None:
    assert api.call("GET", "/services/all").status == 200
    assert api.functions.asked[-1][0] == "literal"
    assert api.call("POST", "/files/a/b/c").status == 200
    assert api.functions.event["pathParameters"] == {"proxy": "a/b/c"}


def test_a_trailing_slash_makes_no_difference(api: Api) -> None:
    assert api.call("GET", "/services/checkout/").status == 200


def test_an_open_route_needs_neither_signature_nor_key(api: Api) -> None:
    assert api.send("GET", "/open").status == 200
    assert api.functions.event["requestContext"]["identity"]["userArn"] is None


def test_the_answer_of_the_function_is_the_answer(api: Api) -> None:
    api.functions.answer = Answer(
        json.dumps(
            {
                "statusCode": 201,
                "headers": {"X-One": "1", "Content-Type": "application/problem+json"},
                "multiValueHeaders": {"X-Two": ["2", "3"]},
                "body": "déjà",
                "isBase64Encoded": False,
            }
        ).encode()
    )
    reply = api.call("PUT", "/services/a", body=b"{}")
    assert (reply.status, reply.text) == (201, "déjà")
    assert reply.headers["x-one"] == "1"
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-two"] == "3"
    assert reply.headers["x-amzn-requestid"]


def test_an_empty_answer_has_no_body(api: Api) -> None:
    api.functions.answer = Answer(b'{"statusCode": 204}')
    reply = api.call("GET", "/services")
    assert (reply.status, reply.text) == (204, "")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"not json"),
        Answer(b'"text"'),
        Answer(b"{}"),
        Answer(b'{"statusCode": "many"}'),
        Answer(b'{"statusCode": 200, "body": {"a": 1}}'),
        Answer(b'{"statusCode": 200, "cookies": []}'),
        Answer(b'{"errorType": "KeyError"}', error="KeyError"),
    ],
)
def test_a_malformed_answer_or_a_failure_is_502(api: Api, answer: Answer) -> None:
    api.functions.answer = answer
    reply = api.call("GET", "/services")
    assert reply.status == 502
    assert json.loads(reply.text) == {"message": "Internal server error"}


def test_an_integration_that_takes_too_long_is_504(start: Start) -> None:
    api = start(timeout=0.05)
    api.functions.seconds = 0.3
    reply = api.call("GET", "/services")
    assert reply.status == 504
    assert json.loads(reply.text) == {"message": "Endpoint request timed out"}


def test_a_body_of_more_than_ten_megabytes_is_413(api: Api) -> None:
    reply = api.send("PUT", "/services/a", b"x" * (MOST_BYTES + 1))
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    assert json.loads(reply.text) == {"message": "HTTP content length exceeded 10485760 bytes."}


def test_a_body_that_lambda_would_not_take_is_413(api: Api) -> None:
    reply = api.call("PUT", "/services/a", body=b"x" * (7 * 1024 * 1024))
    assert (reply.status, json.loads(reply.text)) == (413, {"message": "Request Too Long"})


def test_a_connection_is_kept_for_the_next_request(api: Api) -> None:
    connection = HTTPConnection("127.0.0.1", api.port, timeout=20)
    for _ in range(3):
        connection.request("GET", "/open")
        assert connection.getresponse().read() == b"{}"
    socket = connection.sock
    connection.request("GET", "/open")
    connection.getresponse().read()
    assert connection.sock is socket
    connection.close()
