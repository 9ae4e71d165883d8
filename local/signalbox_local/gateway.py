"""The API endpoint: API Gateway's part of a REST API in front of Lambda functions."""

import json
import logging
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from signalbox_local.api_facts import ApiFacts, Match, Route, Router
from signalbox_local.authorisation import Authoriser
from signalbox_local.identities import Caller, Identities
from signalbox_local.proxy_events import Arrival, MalformedAnswer, now, proxy_event, raw_path, response_of
from signalbox_local.signatures import Claim, Fault, ReceivedRequest, Unauthenticated, claim_of
from signalbox_local.usage_plan import Admission, UsagePlan

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)
INTEGRATION_TIMEOUT_SECONDS = 29.0
TOO_LARGE = 413
MOST_BYTES = 10 * 1024 * 1024
MOST_BYTES_OF_AN_EVENT = 6 * 1024 * 1024
_CODES = {
    Fault.UNSIGNED: "MissingAuthenticationTokenException",
    Fault.MALFORMED: "IncompleteSignatureException",
    Fault.UNKNOWN_KEY: "UnrecognizedClientException",
    Fault.WRONG_SIGNATURE: "InvalidSignatureException",
    Fault.EXPIRED_SIGNATURE: "InvalidSignatureException",
    Fault.EXPIRED_TOKEN: "ExpiredTokenException",
}


class Invocation(Protocol):
    """What a function answered: `error` is None when it returned, else why it did not."""

    @property
    def payload(self) -> bytes: ...

    @property
    def error(self) -> str | None: ...


class Functions(Protocol):
    """Lambda, as far as the gateway needs it."""

    def invoke(self, name_or_arn: str, payload: bytes) -> Invocation: ...


class GatewayError(Exception):
    """An answer of API Gateway's own, without the function: status, `x-amzn-errortype`, message."""

    def __init__(self, status: int, kind: str, message: str, field: str = "message") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.body = {field: message}


class Gateway:
    """A WSGI application. The stage is implied: `GET /services` is `GET /{stage}/services` on AWS."""

    def __init__(
        self,
        facts: ApiFacts,
        identities: Identities,
        authoriser: Authoriser,
        functions: Functions,
        timeout: float = INTEGRATION_TIMEOUT_SECONDS,
    ) -> None:
        self._facts = facts
        self._router = Router(facts)
        self._identities = identities
        self._authoriser = authoriser
        self._functions = functions
        self._plan = UsagePlan(facts.rate, facts.burst, facts.quota)
        self._timeout = timeout
        self._workers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="api-invocation")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request_id = str(uuid4())
        try:
            answer = self._answer(Request(environ), request_id)
        except GatewayError as problem:
            answer = _refusal(problem)
        answer.headers["x-amzn-RequestId"] = request_id
        answer.headers["x-amz-apigw-id"] = request_id
        return answer(environ, start_response)

    def stop(self) -> None:
        """Waits for nobody: an invocation under way ends with its function."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _answer(self, request: Request, request_id: str) -> Response:
        _check_size(request)
        match = self._router.find(request.method, raw_path(request))
        if match is None:
            raise GatewayError(403, _CODES[Fault.UNSIGNED], "Missing Authentication Token")
        caller = self._caller(request, match.route)
        api_key = self._check_plan(request, match.route)
        arrival = Arrival(request_id, now(), api_key)
        return self._integrate(match, proxy_event(self._facts, match, request, caller, arrival))

    def _caller(self, request: Request, route: Route) -> Caller | None:
        if route.auth == "NONE":
            return None
        received = ReceivedRequest.of(request)
        try:
            caller = self._identities.authenticate(received, claim_of(received))
        except Unauthenticated as problem:
            missing = "Missing Authentication Token" if problem.fault is Fault.UNSIGNED else problem.message
            raise GatewayError(403, _CODES[problem.fault], missing) from problem
        self._check_scope(claim_of(received))
        arn = self._facts.invoke_arn(request.method, request.path)
        decision = self._authoriser.decide(caller.arn, "execute-api:Invoke", arn)
        if not decision.allowed:
            raise GatewayError(403, "AccessDeniedException", _masked(decision.reason, self._facts), "Message")
        return caller

    def _check_scope(self, claim: Claim) -> None:
        wanted = {"region": (claim.region, self._facts.region), "service": (claim.service, "execute-api")}
        for part, (signed, right) in wanted.items():
            if signed != right:
                reason = f"Credential should be scoped to a valid {part}, not '{signed}'. "
                raise GatewayError(403, _CODES[Fault.WRONG_SIGNATURE], reason)

    def _check_plan(self, request: Request, route: Route) -> str | None:
        """The key is asked for, and the plan counts, only where the route says so."""
        if not route.api_key_required:
            return None
        given = request.headers.get("x-api-key", "")
        known = self._facts.api_key
        if not known or not secrets.compare_digest(given.encode(), known.encode()):
            raise GatewayError(403, "ForbiddenException", "Forbidden")
        admission = self._plan.admit()
        if admission is Admission.OVER_QUOTA:
            raise GatewayError(429, "LimitExceededException", "Limit Exceeded")
        if admission is Admission.THROTTLED:
            raise GatewayError(429, "TooManyRequestsException", "Too Many Requests")
        return given

    def _integrate(self, match: Match, event: dict[str, object]) -> Response:
        payload = json.dumps(event).encode()
        if len(payload) > MOST_BYTES_OF_AN_EVENT:
            raise GatewayError(TOO_LARGE, "RequestEntityTooLargeException", "Request Too Long")
        under_way = self._workers.submit(self._functions.invoke, match.route.function, payload)
        try:
            invocation = under_way.result(self._timeout)
        except TooLate as problem:
            message = "Endpoint request timed out"
            raise GatewayError(504, "InternalServerErrorException", message) from problem
        except Exception as problem:  # Lambda itself failed: the client learns no more than on AWS
            log.exception("cannot invoke %s", match.route.function)
            raise GatewayError(500, "InternalServerErrorException", "Internal server error") from problem
        return _response(match.route, invocation)


def _refusal(problem: GatewayError) -> Response:
    headers = {"x-amzn-errortype": problem.kind}
    if problem.status == TOO_LARGE:
        headers["Connection"] = "close"  # the body may be unread
    return Response(json.dumps(problem.body), problem.status, headers, content_type="application/json")


def _response(route: Route, invocation: Invocation) -> Response:
    try:
        if invocation.error is None:
            return response_of(invocation.payload)
        reason = invocation.error
    except MalformedAnswer as problem:
        reason = f"malformed proxy answer: {problem}"
    log.warning("%s: %s", route.function, reason)
    raise GatewayError(502, "InternalServerErrorException", "Internal server error")


def _check_size(request: Request) -> None:
    if (request.content_length or 0) > MOST_BYTES:
        message = f"HTTP content length exceeded {MOST_BYTES} bytes."
        raise GatewayError(TOO_LARGE, "RequestEntityTooLargeException", message)


def _masked(reason: str, facts: ApiFacts) -> str:
    """API Gateway hides most of the account's number in the resource."""
    resource = f"arn:aws:execute-api:{facts.region}:"
    return reason.replace(f"{resource}{facts.account}:", f"{resource}********{facts.account[-4:]}:")
