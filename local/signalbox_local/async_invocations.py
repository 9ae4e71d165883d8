"""Lambda's asynchronous invocations: accepted at once, retried, and at last put into a failure queue."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from signalbox_local.sandbox import Invocation, LambdaServiceError

Send = Callable[[str, str, str, Mapping[str, str]], None]
"""(role ARN, queue ARN, body, string attributes): puts a message into a queue under that role."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AsyncSettings:
    """Asynchronous invocation: events that failed for good go to both queues that are named."""

    retries: int = 2
    dead_letter_arn: str | None = None
    """Receives the bare event (DeadLetterConfig)."""
    on_failure_arn: str | None = None
    """Receives an invocation record (DestinationConfig.OnFailure)."""


@dataclass(frozen=True)
class Event:
    """An event that waits for its function; `arn` as invoked, `function_arn` without version or alias."""

    role_arn: str
    arn: str
    function_arn: str
    version: str
    payload: bytes


class AsyncInvocations:
    """`retry_seconds` pass before the first retry, twice as many before the second."""

    def __init__(
        self, invoke: Callable[[str, bytes], Invocation], retry_seconds: float, send: Send | None
    ) -> None:
        self._invoke = invoke
        self._retry_seconds = retry_seconds
        self._send = send
        self._settings: dict[str, AsyncSettings] = {}
        self._stopping = threading.Event()

    def configure(self, arn: str, settings: AsyncSettings) -> None:
        """For invocations by this ARN; a function's own ARN stands for all of its versions and aliases."""
        self._settings[arn] = settings

    def accept(self, event: Event) -> None:
        """Returns at once."""
        threading.Thread(target=self._run, args=(event,), daemon=True).start()

    def stop(self) -> None:
        """No retries from now on; what has not succeeded yet is forgotten."""
        self._stopping.set()

    def _run(self, event: Event) -> None:
        settings = self._settings_for(event)
        failure = self._attempt(event)
        for attempt in range(settings.retries):
            if failure is None or self._stopping.wait(self._retry_seconds * (attempt + 1)):
                break
            failure = self._attempt(event)
        if failure is not None and not self._stopping.is_set():
            self._give_up(event, settings, failure)

    def _settings_for(self, event: Event) -> AsyncSettings:
        """Those of the alias or version; the dead-letter queue is the function's own in any case."""
        function = self._settings.get(event.function_arn, AsyncSettings())
        own = self._settings.get(event.arn, function)
        return replace(own, dead_letter_arn=own.dead_letter_arn or function.dead_letter_arn)

    def _attempt(self, event: Event) -> Invocation | None:
        """The failure, or None."""
        try:
            outcome = self._invoke(event.arn, event.payload)
        except LambdaServiceError as error:
            return Invocation(json.dumps({"errorMessage": str(error)}).encode(), error.code)
        return outcome if outcome.error else None

    def _give_up(self, event: Event, settings: AsyncSettings, failure: Invocation) -> None:
        log.error("%s failed for good: %s", event.arn, failure.payload.decode())
        if settings.dead_letter_arn and self._send:
            self._send(event.role_arn, settings.dead_letter_arn, event.payload.decode(), _attributes(failure))
        if settings.on_failure_arn and self._send:
            record = json.dumps(_failure_record(event, settings.retries + 1, failure))
            self._send(event.role_arn, settings.on_failure_arn, record, {})


def _attributes(failure: Invocation) -> dict[str, str]:
    """The message attributes of a dead-letter queue, as Lambda sets them."""
    message = str(json.loads(failure.payload or b"{}").get("errorMessage", ""))[:1024]
    return {"RequestID": str(uuid.uuid4()), "ErrorCode": "200", "ErrorMessage": message}


def _failure_record(event: Event, attempts: int, failure: Invocation) -> dict[str, Any]:
    """The invocation record that Lambda sends to an OnFailure destination."""
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{event.function_arn}:{event.version}",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(event.payload),
        "responseContext": {
            "statusCode": 200,
            "executedVersion": event.version,
            "functionError": "Unhandled",
        },
        "responsePayload": json.loads(failure.payload or b"{}"),
    }
