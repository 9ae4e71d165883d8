"""What a handler does around its one call: context of the log, the command, names of errors on the wire."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from signalbox.kernel.events import JsonObject
from signalbox.log import log

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Answer(Protocol):
    """Where a machine goes next."""

    def to_wire(self) -> JsonObject: ...


C = TypeVar("C")
Handler = Callable[[JsonObject, "LambdaContext"], JsonObject | None]


def task(command_type: type[C]) -> Callable[[Callable[[C], Answer | None]], Handler]:
    """A task of a state machine: the payload as a command, the answer as JSON.

    Errors keep their class names: Transient, Conflict and Rejected are what state machines match.
    """

    def decorate(function: Callable[[C], Answer | None]) -> Handler:
        @wraps(function)
        def handler(event: JsonObject, context: "LambdaContext") -> JsonObject | None:
            command = msgspec.convert(event, command_type)
            answer = function(command)
            wire = answer.to_wire() if answer is not None else None
            log(function.__module__, event, wire)
            return wire

        return handler

    return decorate


def listener(parse: Callable[[JsonObject], C]) -> Callable[[Callable[[C], object]], Handler]:
    """A target of an EventBridge rule: the event as a command. What cannot be parsed fails, and ends in the
    queue of dead letters."""

    def decorate(function: Callable[[C], object]) -> Handler:
        @wraps(function)
        def handler(event: JsonObject, context: "LambdaContext") -> None:
            command = parse(event)
            log(
                function.__module__,
                {"reason": str(function(command))},
                {"alarm": getattr(command, "name", None)},
            )

        return handler

    return decorate
