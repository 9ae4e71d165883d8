"""API Gateway's Lambda proxy integration, format 1.0: requests become events, answers become responses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from signalbox_local.api_facts import ApiFacts, Match
from signalbox_local.identities import Caller

_ANSWER_FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
_STATUS = range(100, 600)
_BETWEEN_HOPS = {"connection", "content-length", "transfer-encoding"}
_NOT_PASSED_ON = {"authorization", *_BETWEEN_HOPS}


class MalformedAnswer(Exception):
    """The function returned what is not a proxy answer."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The facts of one request that are neither the client's nor the template's."""

    request_id: str
    at: datetime
    api_key: str | None


def proxy_event(
    facts: ApiFacts, match: Match, request: Request, caller: Caller | None, arrival: Arrival
) -> dict[str, Any]:
    """The event of a request; without a caller the route asks for no authorisation."""
    headers = _forwarded(request)
    query = request.args.to_dict(flat=False)
    return {
        "resource": match.route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers.items()),
        "multiValueHeaders": {name: headers.getlist(name) for name, _ in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(match.path_parameters) or None,
        "stageVariables": None,
        "requestContext": _context(facts, match, request, caller, arrival),
        "body": request.get_data().decode("utf-8", errors="replace") or None,
        "isBase64Encoded": False,
    }


def raw_path(request: Request) -> str:
    """The path as received, escapes and all."""
    target: str = request.environ.get("RAW_URI") or request.path
    return target.partition("?")[0]


def response_of(payload: bytes) -> Response:
    """The HTTP response of a function's answer; raises MalformedAnswer."""
    answer = _parsed(payload)
    headers = _headers(answer)
    headers.setdefault("Content-Type", "application/json")
    return Response(_body(answer), answer["statusCode"], headers)


def _forwarded(request: Request) -> Headers:
    passed = [(name, value) for name, value in request.headers if name.lower() not in _NOT_PASSED_ON]
    headers = Headers(passed)
    headers["X-Forwarded-For"] = request.remote_addr or ""
    headers["X-Forwarded-Port"] = request.host.rpartition(":")[2]
    headers["X-Forwarded-Proto"] = request.scheme
    return headers


def _context(
    facts: ApiFacts, match: Match, request: Request, caller: Caller | None, arrival: Arrival
) -> dict[str, Any]:
    return {
        "accountId": facts.account,
        "apiId": facts.rest_api_id,
        "stage": facts.stage,
        "resourceId": match.route.path,
        "resourcePath": match.route.path,
        "httpMethod": request.method,
        "path": f"/{facts.stage}{request.path}",
        "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        "domainName": request.host,
        "domainPrefix": facts.rest_api_id,
        "requestId": arrival.request_id,
        "extendedRequestId": arrival.request_id,
        "requestTime": arrival.at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(arrival.at.timestamp() * 1000),
        "identity": _identity(request, caller, arrival.api_key, facts),
    }


def _identity(
    request: Request, caller: Caller | None, api_key: str | None, facts: ApiFacts
) -> dict[str, str | None]:
    identity: dict[str, str | None] = {
        "accessKey": caller.access_key_id if caller else None,
        "accountId": caller.account if caller else None,
        "caller": caller.user_id if caller else None,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": request.remote_addr,
        "user": caller.user_id if caller else None,
        "userAgent": request.headers.get("User-Agent"),
        "userArn": caller.arn if caller else None,
    }
    return identity | ({"apiKey": api_key, "apiKeyId": facts.api_key_id} if api_key else {})


def _parsed(payload: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(payload)
    except ValueError as problem:
        raise MalformedAnswer("not JSON") from problem
    if not isinstance(answer, dict) or answer.keys() - _ANSWER_FIELDS:
        raise MalformedAnswer("not the fields of a proxy answer")
    try:
        status = int(answer["statusCode"])
    except (KeyError, TypeError, ValueError) as problem:
        raise MalformedAnswer("no statusCode") from problem
    if status not in _STATUS or not isinstance(answer.get("body"), str | None):
        raise MalformedAnswer("statusCode or body of the wrong kind")
    return {**answer, "statusCode": status}


def _body(answer: Mapping[str, Any]) -> str:
    """Base64 stays base64: the API declares no binary media types."""
    return answer.get("body") or ""


def _headers(answer: Mapping[str, Any]) -> Headers:
    headers = Headers()
    for name, value in (answer.get("headers") or {}).items():
        headers[name] = _text(value)
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers.setlist(name, [_text(value) for value in values])
    for name in _BETWEEN_HOPS:
        headers.pop(name, None)
    return headers


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def now() -> datetime:
    return datetime.now(UTC)
