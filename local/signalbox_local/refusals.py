"""Errors in the shape and with the codes that each AWS protocol has for them."""

import json
from dataclasses import dataclass
from uuid import uuid4
from xml.sax.saxutils import escape

from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

from signalbox_local.aws_requests import AwsRequest
from signalbox_local.signatures import Fault, Unauthenticated

_XML = {
    Fault.UNSIGNED: (403, "MissingAuthenticationToken"),
    Fault.MALFORMED: (403, "IncompleteSignature"),
    Fault.UNKNOWN_KEY: (403, "InvalidClientTokenId"),
    Fault.WRONG_SIGNATURE: (403, "SignatureDoesNotMatch"),
    Fault.EXPIRED_SIGNATURE: (403, "SignatureDoesNotMatch"),
    Fault.EXPIRED_TOKEN: (403, "ExpiredToken"),
}
_JSON = {
    Fault.UNSIGNED: (400, "MissingAuthenticationTokenException"),
    Fault.MALFORMED: (400, "IncompleteSignatureException"),
    Fault.UNKNOWN_KEY: (400, "UnrecognizedClientException"),
    Fault.WRONG_SIGNATURE: (400, "InvalidSignatureException"),
    Fault.EXPIRED_SIGNATURE: (400, "InvalidSignatureException"),
    Fault.EXPIRED_TOKEN: (400, "ExpiredTokenException"),
}
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error before it has a shape; `query_code` is its name in the query protocol, where that differs."""

    status: int
    code: str
    message: str
    query_code: str | None = None


def unauthenticated(aws: AwsRequest, problem: Unauthenticated) -> Refusal:
    """JSON services answer 400 where all others answer 403; EC2 has one code for every bad credential."""
    if aws.protocol == "ec2":
        expired = problem.fault in {Fault.EXPIRED_SIGNATURE, Fault.EXPIRED_TOKEN}
        return Refusal(*((400, "RequestExpired") if expired else (401, "AuthFailure")), problem.message)
    query_status, query_code = _XML[problem.fault]
    if "json" not in aws.protocol:
        return Refusal(query_status, query_code, problem.message)
    status, code = _JSON[problem.fault]
    return Refusal(_FORBIDDEN if aws.protocol == "rest-json" else status, code, problem.message, query_code)


def denied(aws: AwsRequest, reason: str) -> Refusal:
    """`reason` is AWS's sentence that names the principal, the action and the resource."""
    if aws.protocol == "ec2":
        message = f"You are not authorized to perform this operation. {reason}"
        return Refusal(_FORBIDDEN, "UnauthorizedOperation", message)
    if "json" not in aws.protocol:
        return Refusal(_FORBIDDEN, "AccessDenied", reason)
    status = 400 if aws.protocol == "json" else _FORBIDDEN
    return Refusal(status, "AccessDeniedException", reason, "AccessDenied")


def not_available(aws: AwsRequest, detail: str = "") -> Refusal:
    """What the local runtime cannot do; 501, which no AWS client tries again."""
    message = f"not available locally: {aws.service}:{aws.operation}"
    return Refusal(501, "NotAvailableLocally", f"{message} ({detail})" if detail else message)


def response(aws: AwsRequest, refusal: Refusal) -> Response:
    """The refusal as the request's protocol writes errors."""
    request_id = str(uuid4())
    if "json" in aws.protocol:
        body, kind = _json(refusal), "application/x-amz-json-1.0"
    else:
        body, kind = _xml(aws.protocol, refusal, request_id), "text/xml"
    answer = Response(body, refusal.status, {"x-amzn-RequestId": request_id}, content_type=kind)
    if "json" in aws.protocol:
        answer.headers["x-amzn-ErrorType"] = refusal.code
        if _was_query_once(aws.service):
            answer.headers["x-amzn-query-error"] = f"{refusal.query_code or refusal.code};Sender"
    return answer


def _was_query_once(service: str) -> bool:
    """SQS and CloudWatch keep the error codes of the query protocol that they had before."""
    try:
        return "awsQueryCompatible" in get_service_model(service).metadata
    except Exception:  # no model: nothing to be compatible with
        return False


def _json(refusal: Refusal) -> str:
    return json.dumps({"__type": refusal.code, "message": refusal.message})


def _xml(protocol: str, refusal: Refusal, request_id: str) -> str:
    error = f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
    if protocol == "ec2":
        errors = f"<Errors><Error>{error}</Error></Errors>"
        return f"<Response>{errors}<RequestID>{request_id}</RequestID></Response>"
    if protocol == "rest-xml":
        return f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
    sender = f"<Error><Type>Sender</Type>{error}</Error>"
    return f"<ErrorResponse>{sender}<RequestId>{request_id}</RequestId></ErrorResponse>"
