"""The targets that rules can reach locally: Lambda, Step Functions, SQS, SNS and another event bus."""

import json
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.responses import get_backend

from signalbox_local.delivery import Consignment, InvocationRefused
from signalbox_local.sandbox import LambdaServiceError


class Functions(Protocol):
    """What the bus needs of Lambda."""

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        """Returns once accepted; raises InvocationRefused or LambdaServiceError when it is not."""


class Targets:
    """Hands a consignment to its target, or raises InvocationRefused."""

    def __init__(
        self,
        functions: Functions,
        republish: Callable[[dict[str, Any], str], object],
        may_invoke: Callable[[str, str], bool],
    ) -> None:
        self._functions = functions
        self._republish = republish
        self._may_invoke = may_invoke

    def carry(self, consignment: Consignment) -> None:
        """Chooses by the service in the target's ARN."""
        match consignment.target_arn.split(":")[2]:
            case "lambda":
                self._invoke_function(consignment)
            case "states":
                _start_execution(consignment)
            case "sqs":
                send_message(consignment.target_arn, consignment.payload, {})
            case "sns":
                _publish(consignment.target_arn, consignment.payload)
            case "events":
                self._republish(json.loads(consignment.event_body), consignment.target_arn.split("/")[-1])
            case service:
                raise InvocationRefused("NO_RESOURCE", f"a target of {service} is not available locally")

    def _invoke_function(self, consignment: Consignment) -> None:
        if not self._may_invoke(consignment.target_arn, consignment.rule_arn):
            raise InvocationRefused("NO_PERMISSIONS", "the function's policy does not allow this rule")
        try:
            self._functions.invoke_async(consignment.target_arn, consignment.payload.encode())
        except LambdaServiceError as error:
            raise InvocationRefused(error.code, str(error)) from error


def _start_execution(consignment: Consignment) -> None:
    if not consignment.target.get("RoleArn"):
        raise InvocationRefused("NO_PERMISSIONS", "a state machine as target needs a RoleArn")
    arn = consignment.target_arn.split(":")
    backend = get_backend(arn[4], arn[3])
    name = f"{consignment.event_id}_{uuid.uuid4()}"
    try:
        backend.start_execution(consignment.target_arn, name, consignment.payload)
    except (JsonRESTError, ServiceException) as error:
        raise _refusal(error) from error


def send_message(queue_arn: str, body: str, attributes: dict[str, str]) -> None:
    """Puts a message into a queue as a service does; the queue's policy is not looked at."""
    _, _, _, region, account, name = queue_arn.split(":")
    stored = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    try:
        sqs_backends[account][region].send_message(name, body, message_attributes=stored)
    except (JsonRESTError, ServiceException) as error:
        raise _refusal(error) from error


def _publish(topic_arn: str, message: str) -> None:
    """To who has subscribed; the topic's policy is not looked at."""
    _, _, _, region, account, _ = topic_arn.split(":")
    try:
        sns_backends[account][region].publish(message=message, arn=topic_arn)
    except (JsonRESTError, ServiceException) as error:
        raise _refusal(error) from error


def _refusal(error: JsonRESTError | ServiceException) -> InvocationRefused:
    code = error.error_type if isinstance(error, JsonRESTError) else error.code
    gone = code.endswith(("DoesNotExist", "NonExistentQueue", "NotFound"))
    return InvocationRefused("NO_RESOURCE" if gone else code, str(error.message))
