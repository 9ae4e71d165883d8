"""Errors as RFC 9457 says: `application/problem+json`, every violation with its field."""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)

from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected, Transient, Unprocessable, Violation

CONTENT_TYPE = "application/problem+json"
# What pydantic cannot say of a predicate of ours.
_PREDICATES = {
    "is_duration": "give a duration such as 90s, 10m, 2h or 3d",
    "is_domain": "give a DNS name such as shop.example.com",
    "is_name": "begin with a letter or digit, go on with letters, digits, - and _",
}
_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")


def problem(status: HTTPStatus, detail: str, violations: Sequence[Violation] = ()) -> Response[str]:
    """One problem; `title` is the status's own phrase."""
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "violations": [{"field": violation.field, "message": violation.message} for violation in violations],
    }
    return Response(status_code=status.value, content_type=CONTENT_TYPE, body=json.dumps(body))


def malformed(message: str) -> Response[str]:
    """A body of which nothing can be told field by field."""
    return problem(HTTPStatus.BAD_REQUEST, "the request is malformed", [Violation("body", message)])


def register(app: APIGatewayRestResolver) -> None:
    """Each error of the kernel has its status."""
    app.not_found(_no_route)
    app.exception_handler(RequestValidationError)(_malformed)
    app.exception_handler(Unprocessable)(_unprocessable)
    app.exception_handler(Invalid)(_invalid)
    app.exception_handler(IdempotencyValidationError)(_reused_key)
    app.exception_handler(IdempotencyAlreadyInProgressError)(_in_flight)
    for error, status in (
        (NotFound, HTTPStatus.NOT_FOUND),
        (Conflict, HTTPStatus.CONFLICT),
        (Rejected, HTTPStatus.UNPROCESSABLE_ENTITY),
        (Transient, HTTPStatus.SERVICE_UNAVAILABLE),
    ):
        app.exception_handler(error)(_plain(status))


def _no_route(error: Exception) -> Response[str]:
    """API Gateway lets only known routes through: a name with characters that no route takes remains."""
    return problem(HTTPStatus.NOT_FOUND, "nothing has such a name")


def _plain(status: HTTPStatus) -> Callable[[Exception], Response[str]]:
    return lambda error: problem(status, str(error))


def _invalid(error: Invalid) -> Response[str]:
    return problem(HTTPStatus.BAD_REQUEST, "the request contradicts itself", error.violations)


def _unprocessable(error: Unprocessable) -> Response[str]:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "AWS or preflight says no", error.violations)


def _reused_key(error: Exception) -> Response[str]:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key was used with another body")


def _in_flight(error: Exception) -> Response[str]:
    return problem(HTTPStatus.CONFLICT, "a request with this Idempotency-Key is under way")


def _malformed(error: RequestValidationError) -> Response[str]:
    found = error.errors()
    violations = [_violation(one) for one in found if not _follows_from_another(one, found)]
    return problem(HTTPStatus.BAD_REQUEST, "the request is malformed", violations)


def _follows_from_another(one: dict[str, object], found: Sequence[dict[str, object]]) -> bool:
    """Only good elements are counted: a bad one makes its list too short as well."""
    place = _place(one)
    others = (_place(other) for other in found if other is not one)
    return one.get("type") == "too_short" and any(other[: len(place)] == place for other in others)


def _place(found: dict[str, object]) -> list[str]:
    path = found.get("loc")
    return [str(part) for part in path] if isinstance(path, list | tuple) else []


def _violation(found: dict[str, object]) -> Violation:
    if found.get("type") == "json_invalid":
        return Violation("body", "this is not JSON")  # its place is a position in the text
    parts = _place(found)
    field = ".".join(parts[1:] if parts[:1] in (["body"], ["query"], ["path"], ["header"]) else parts)
    return Violation(field or "body", _message(found))


def _message(found: dict[str, object]) -> str:
    text = str(found.get("msg", ""))
    if found.get("type") in _UNKNOWN:
        return "this field is not known"
    named = [message for name, message in _PREDICATES.items() if name in text]
    return named[0] if named else text
