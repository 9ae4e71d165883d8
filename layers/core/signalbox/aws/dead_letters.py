"""Delivers again what could not be delivered: each dead letter goes to the function that its event is for."""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.kernel.errors import Rejected, Transient
from signalbox.kernel.events import JsonObject

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MOST_ROUNDS = 10  # of ten letters each, in one sweep
HIDDEN_FOR = 60  # seconds; a letter that fails again waits for the next sweep


class SqsDeadLetters:
    """Port `DeadLetters`. `functions` maps the source of an event to the function that takes it; no function
    takes the events whose detail type is among `pages`."""

    def __init__(self, queue_url: str, functions: Mapping[str, str], pages: Collection[str] = ()) -> None:
        self._queue_url = queue_url
        self._functions = functions
        self._pages = pages

    def replay(self) -> int:
        """How many were delivered, or thrown away, since the next tick says the same. A letter that nobody
        takes stays, and so does the alarm on the queue."""
        count = 0
        for _ in range(MOST_ROUNDS):
            with aws_errors():
                letters = (
                    client("sqs")
                    .receive_message(
                        QueueUrl=self._queue_url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_FOR
                    )
                    .get("Messages", [])
                )
            if not letters:
                break
            count += sum(self._delivered(letter) for letter in letters)
        return count

    def _delivered(self, letter: "MessageTypeDef") -> bool:
        event = _event(letter.get("Body", ""))
        function = self._function_for(event)
        if function is None and not _is_tick(event):
            return False
        try:
            with aws_errors():
                if function is not None:
                    client("lambda").invoke(
                        FunctionName=function, InvocationType="Event", Payload=letter["Body"].encode()
                    )
                client("sqs").delete_message(QueueUrl=self._queue_url, ReceiptHandle=letter["ReceiptHandle"])
        except (Transient, Rejected):
            return False
        return True

    def _function_for(self, event: JsonObject) -> str | None:
        if event.get("detail-type") in self._pages or _is_tick(event):
            return None
        return self._functions.get(str(event.get("source")))


def _is_tick(event: JsonObject) -> bool:
    """Of a rule that only tells the time."""
    return (event.get("source"), event.get("detail-type")) == ("aws.events", "Scheduled Event")


def _event(body: str) -> JsonObject:
    """What is none is empty."""
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
