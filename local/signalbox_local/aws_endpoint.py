"""The AWS endpoint: moto's services behind real signatures and permissions, with every call on record."""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from botocore.parsers import ResponseParserError, create_parser
from moto.core.request import Request
from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

from signalbox_local import control
from signalbox_local.authorisation import Authoriser
from signalbox_local.aws_requests import UNKNOWN, AwsRequest, read_aws_request, unread_aws_request
from signalbox_local.backends import Backend, Backends
from signalbox_local.calls import CallLog, CallRecord
from signalbox_local.identities import Caller, Identities
from signalbox_local.permissions import permissions_needed
from signalbox_local.permissions.asked import Asked
from signalbox_local.refusals import Refusal, denied, not_available, response, unauthenticated
from signalbox_local.signatures import ReceivedRequest, Unauthenticated, claim_of
from signalbox_local.throttling import Throttle, throttled

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)
NOBODY = "anonymous"
_FIRST_ERROR = 400
_NOT_TRUE_LOCALLY = {("sts", "GetSessionToken"), ("sts", "GetFederationToken")}


class AwsEndpoint:
    """A WSGI application: who signed, may they, what came of it."""

    def __init__(
        self,
        identities: Identities,
        authoriser: Authoriser,
        calls: CallLog,
        controls: Mapping[str, control.Control],
        throttle: Throttle | None = None,
    ) -> None:
        self._identities = identities
        self._authoriser = authoriser
        self._calls = calls
        self._controls = controls
        self._throttle = throttle or Throttle()
        self._backends = Backends()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith(control.PREFIX):
            return control.answer(self._controls, request)(environ, start_response)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        received = ReceivedRequest.of(request)
        try:
            claim = claim_of(received)
        except Unauthenticated as problem:
            aws = unread_aws_request(request, NOBODY)
            return response(aws, unauthenticated(aws, problem))
        backend = self._backends.find(request, claim)
        aws = read_aws_request(request, backend.service if backend else claim.service)
        try:
            caller = self._identities.authenticate(received, claim)
        except Unauthenticated as problem:
            return self._refuse(aws, self._begin(aws, NOBODY, ()), unauthenticated(aws, problem))
        return self._answer_caller(request, aws, caller, claim.region, backend)

    def _answer_caller(
        self, request: Request, aws: AwsRequest, caller: Caller, region: str, backend: Backend | None
    ) -> Response:
        asked = Asked(aws.service, aws.operation, aws.parameters, region, caller.account)
        needed = permissions_needed(asked)
        record = self._begin(aws, caller.arn, tuple(dict.fromkeys(p.resource for p in needed)))
        record.permissions = tuple((p.action, p.resource, *p.or_on) for p in needed)
        decision = self._authoriser.decide_all(caller.arn, needed)
        record.conditions = decision.conditions_not_evaluated
        if not decision.allowed:
            return self._refuse(aws, record, denied(aws, decision.reason))
        if self._throttle.hits(caller.arn, aws.service):
            return self._refuse(aws, record, throttled(aws))
        if backend is None or _pretended(aws):
            return self._refuse(aws, record, not_available(aws))
        return self._serve(request, aws, record, backend)

    def _serve(self, request: Request, aws: AwsRequest, record: CallRecord, backend: Backend) -> Response:
        try:
            answer = backend.answer(request)
        except NotImplementedError:
            return self._refuse(aws, record, not_available(aws))
        except Exception as problem:  # moto's own fault: the caller is told, the operator sees where
            log.exception("moto failed on %s:%s", aws.service, aws.operation)
            return self._refuse(aws, record, not_available(aws, f"{type(problem).__name__}: {problem}"))
        if _is_no_answer(answer):
            return self._refuse(aws, record, not_available(aws))
        record.status = answer.status_code
        record.error = _error_code(aws, answer)
        return answer

    def _begin(self, aws: AwsRequest, principal: str, resources: tuple[str, ...]) -> CallRecord:
        return self._calls.begin(principal, aws.service, aws.operation, resources, aws.parameters)

    def _refuse(self, aws: AwsRequest, record: CallRecord, refusal: Refusal) -> Response:
        record.status = refusal.status
        record.error = refusal.code
        return response(aws, refusal)


def build_app(
    identities: Identities,
    authoriser: Authoriser,
    calls: CallLog,
    controls: Mapping[str, control.Control],
    throttle: Throttle | None = None,
) -> "WSGIApplication":
    """`controls` are the paths below `/_signalbox/`, by name."""
    return AwsEndpoint(identities, authoriser, calls, controls, throttle)


def _pretended(aws: AwsRequest) -> bool:
    """moto answers these with keys that nobody knows, or drops the limits that were asked for."""
    narrowed = aws.service == "sts" and {"Policy", "PolicyArns"} & aws.parameters.keys()
    return bool(narrowed) or (aws.service, aws.operation) in _NOT_TRUE_LOCALLY


def _is_no_answer(answer: Response) -> bool:
    """A web page, or moto's own words, where AWS would have written a document."""
    if answer.status_code < _FIRST_ERROR:
        return False
    start = answer.get_data()[:200].lower()
    return start.startswith((b"<!doctype html", b"not yet implemented"))


def _error_code(aws: AwsRequest, answer: Response) -> str | None:
    if answer.status_code < _FIRST_ERROR or aws.operation == UNKNOWN:
        return None
    shape = get_service_model(aws.service).operation_model(aws.operation).output_shape
    headers = dict(answer.headers.items())
    raw = {"status_code": answer.status_code, "headers": headers, "body": answer.get_data()}
    try:
        parsed = create_parser(aws.protocol).parse(raw, shape)
    except ResponseParserError:
        return "Unreadable"
    return str(parsed.get("Error", {}).get("Code", ""))
