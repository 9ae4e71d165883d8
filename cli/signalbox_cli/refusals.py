"""What the API, or API Gateway before it, says no with: in words, and what would do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from signalbox_cli.rollout_words import printable

REFUSED, BUG = 1, 70
_LONGEST = 300  # characters of an answer that is not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that went wrong: what, `violations` as (field, message), and what to do."""

    title: str
    detail: str = ""
    violations: tuple[tuple[str, str], ...] = ()
    advice: tuple[str, ...] = ()
    exit_code: int = REFUSED


_BY_STATUS = {
    400: "mend what is named and send it again; docs/rollouts.md describes each field",
    404: "`signalbox services list` and `signalbox rollouts list SERVICE` show what there is",
    409: "`signalbox rollouts show SERVICE` shows where its rollout stands",
    413: "a body has 64 KiB at most",
    422: "mend in AWS, or in the registration, what is named; nothing was stored",
    429: "wait a moment: the key's usage plan has had enough; `abort` and `pause` are not counted",
    503: "AWS throttles or is unavailable: try again in a moment; nothing was stored",
    504: "it took too long and may have been done all the same: look before you do it again",
}
_OF_FLEETS = {
    400: "mend what is named and send it again; docs/fleets.md describes each field",
    404: "`signalbox fleets list` and `signalbox fleets runs FLEET` show what there is",
    409: "`signalbox fleets show FLEET` shows its override and its run, `… lift FLEET` ends an override",
}
_NOT_PERMITTED = "you may not do this: docs/deployment.md#callers says which policy allows it"
# What API Gateway says of a 403, in its own words, and what that means to a person.
_AT_THE_DOOR = (
    ("in the request is expired", "the AWS credentials have expired: sign in again (aws sso login)"),
    ("in the request is invalid", "AWS does not know these credentials: look at --profile"),
    ("signature expired", "the clock of this machine is wrong: set it"),
    ("signature not yet current", "the clock of this machine is wrong: set it"),
    ("credential should be scoped", "the Region is wrong: give the stack's with --region"),
    ("signature we calculated does not match", "the secret key is wrong, or a proxy changes the request"),
    ("missing authentication token", "there is no such route: on AWS the URL ends in the stage, /v1"),
    ("not authorized", _NOT_PERMITTED),
    ("explicit deny", _NOT_PERMITTED),
    ("forbidden", "the API key is missing or wrong: set SIGNALBOX_API_KEY, or api_key in config.toml"),
)


def of_answer(status: int, body: Any, path: str = "") -> Problem:
    """A problem of the API (RFC 9457), a message of API Gateway, or whatever else answers at the path."""
    if isinstance(body, dict) and "title" in body:
        return _ours(status, body, path)
    message = _gateways(body)
    if message is not None:
        return Problem(title=f"{_phrase(status)} ({status})", detail=message, advice=_advice(status, message))
    return Problem(
        title=f"{_phrase(status)} ({status}), and not in the words of Signalbox",
        detail=printable(str(body))[:_LONGEST],
        advice=("look at the URL: something else answers there, perhaps a proxy", *_advice(status, "")),
    )


def _ours(status: int, body: Mapping[str, Any], path: str) -> Problem:
    violations = body.get("violations")
    return Problem(
        title=f"{printable(str(body['title']))} ({status})",
        detail=printable(str(body.get("detail") or "")),
        violations=tuple(map(_violation, violations)) if isinstance(violations, list) else (),
        advice=_advice(status, "", path),
    )


def _violation(found: Any) -> tuple[str, str]:
    if not isinstance(found, dict):
        return "", printable(str(found))
    return printable(str(found.get("field", ""))), printable(str(found.get("message", "")))


def _gateways(body: Any) -> str | None:
    """API Gateway says `message`, and `Message` when IAM refuses."""
    found = body.get("message", body.get("Message")) if isinstance(body, dict) else None
    return None if found is None else printable(str(found))


def _advice(status: int, message: str, path: str = "") -> tuple[str, ...]:
    if status == HTTPStatus.FORBIDDEN:
        return tuple(told for said, told in _AT_THE_DOOR if said in message.lower())[:1]
    advice = {**_BY_STATUS, **_OF_FLEETS} if path.startswith("/fleets") else _BY_STATUS
    return (advice[status],) if status in advice else ()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "An unknown status"
