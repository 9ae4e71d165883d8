"""The runtime's own paths beside AWS's, `/_signalbox/…`: for tests and measurements, JSON in and out."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Protocol

from werkzeug.wrappers import Request, Response

from signalbox_local.calls import CallLog, CallRecord

PREFIX = "/_signalbox/"


class Control(Protocol):
    """Answers one path: what it returns becomes JSON; ValueError and KeyError become 400."""

    def __call__(self, method: str, query: Mapping[str, str], body: Any) -> object: ...


def answer(controls: Mapping[str, Control], request: Request) -> Response:
    """The answer to a request below the prefix; 404 when nobody has taken that path."""
    control = controls.get(request.path.removeprefix(PREFIX))
    if control is None:
        return _json({"message": f"no such control: {request.path}"}, 404)
    text = request.get_data(as_text=True)
    try:
        return _json(control(request.method, request.args, json.loads(text) if text else None))
    except (ValueError, KeyError) as problem:
        return _json({"message": f"{type(problem).__name__}: {problem}"}, 400)


def calls_control(log: CallLog) -> Control:
    """`GET /_signalbox/calls?since=&last=` → `{"calls": […]}`; `last` leaves so many of the newest."""

    def calls(method: str, query: Mapping[str, str], body: Any) -> object:
        found = log.since(int(query.get("since", "0")))
        return {"calls": [_fields(record) for record in found[-int(query.get("last", "0")) :]]}

    return calls


def _fields(record: CallRecord) -> dict[str, object]:
    """Not `asdict`, which copies all that lies below: thousands of records are read at once."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def events_control(since: Callable[[int], object]) -> Control:
    """`GET /_signalbox/events?since=` → `{"events": […]}`."""

    def events(method: str, query: Mapping[str, str], body: Any) -> object:
        return {"events": since(int(query.get("since", "0")))}

    return events


class SettableClock(Protocol):
    """The scheduler's clock."""

    def now(self) -> datetime: ...

    def advance_to(self, moment: datetime) -> object: ...


def clock_control(clock: SettableClock) -> Control:
    """`GET /_signalbox/clock` → `{"now": …}`; `POST {"to": RFC 3339}` sets it forward first."""

    def move(method: str, query: Mapping[str, str], body: Any) -> object:
        if method == "POST":
            clock.advance_to(datetime.fromisoformat(body["to"]).astimezone(UTC))
        return {"now": clock.now().isoformat()}

    return move


def health_control(started: Mapping[str, object]) -> Control:
    """`GET /_signalbox/health` → these facts."""

    def health(method: str, query: Mapping[str, str], body: Any) -> object:
        return {"status": "ok", **started}

    return health


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, default=_plain), status, content_type="application/json")


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else str(value)
