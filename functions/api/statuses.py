"""What each route may answer, for the OpenAPI document."""

from http import HTTPStatus
from typing import Any

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "violations"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "violations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_WHY = {
    HTTPStatus.BAD_REQUEST: "malformed, or it contradicts itself: every violation at once",
    HTTPStatus.NOT_FOUND: "there is no such thing",
    HTTPStatus.CONFLICT: "not in this state, or locked: by which rollout",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is larger than 64 KiB",
    HTTPStatus.UNPROCESSABLE_ENTITY: "AWS or preflight says no: what is missing, by name",
    HTTPStatus.SERVICE_UNAVAILABLE: "AWS is throttling or unavailable: try again",
}
# These are said by API Gateway, in its own words.
_AT_THE_DOOR = {
    HTTPStatus.FORBIDDEN: "no signature, no API key, or not permitted",
    HTTPStatus.TOO_MANY_REQUESTS: "the key's usage plan has had enough; abort and pause are not counted",
}
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE)


def answers(
    model: type | None, *accepted: HTTPStatus, refused: tuple[HTTPStatus, ...] = ()
) -> dict[int, Any]:
    """The accepted statuses with their body, the refusals as problems, and what API Gateway refuses."""
    body = {"application/json": {"model": model}} if model is not None else {}
    good = {int(status): {"description": status.phrase, "content": body} for status in accepted}
    bad = {
        int(status): {
            "description": _WHY[status],
            "content": {"application/problem+json": {"schema": _PROBLEM}},
        }
        for status in (*_REFUSALS, *refused)
    }
    door = {int(status): {"description": why, "content": {}} for status, why in _AT_THE_DOOR.items()}
    return {**good, **bad, **door}
