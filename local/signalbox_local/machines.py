"""What Step Functions needs besides moto's interpreter: JSONata, Lambda, task tokens, status events."""

import hashlib
import json
import random
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import ClientError
from jsonata import Jsonata
from jsonata.utils import Utils

from signalbox_local.functions import Functions
from signalbox_local.sandbox import LambdaServiceError

Authorise = Callable[[str, str, str], str | None]
"""(principal ARN, IAM action, resource ARN) → None when allowed, else AWS's sentence for the refusal."""


def allow_all(principal_arn: str, action: str, resource_arn: str) -> str | None:
    """The authorisation of a runtime without IAM."""
    return None


class QueryFailed(Exception):
    """A JSONata expression that cannot be evaluated, or has no result: States.QueryEvaluationError."""


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The JSON value of an expression; variables are named without `$`. Raises QueryFailed."""
    bound = {name: Utils.NULL_VALUE if value is None else value for name, value in variables.items()}
    try:
        query = Jsonata(expression)
        for name, function in _STATES_FUNCTIONS.items():
            query.register_lambda(name, function)
        # Kept apart: an undefined result is None here, a null one is not.
        query.output_convert_nulls = False
        result = query.evaluate(None, bound)
    except Exception as error:  # jsonata raises whatever the expression runs into
        raise QueryFailed(f"The JSONata expression '{expression}' threw an error: {error}") from error
    return _json_value(expression, result)


def _json_value(expression: str, result: Any) -> Any:
    if result is None:
        raise QueryFailed(f"The JSONata expression '{expression}' returned nothing (undefined).")
    try:
        return json.loads(json.dumps(Utils.convert_nulls(result)))
    except TypeError:
        reason = f"The JSONata expression '{expression}' returned an unsupported result type."
        raise QueryFailed(reason) from None


def _partition(array: list[Any], size: float) -> list[list[Any]]:
    return [array[start : start + int(size)] for start in range(0, len(array), int(size))]


def _range(first: float, last: float, step: float) -> list[int]:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))


def _random(*seed: float) -> float:
    return random.Random(*seed).random()


def _hash(value: str, algorithm: str) -> str:
    return hashlib.new(algorithm.replace("-", ""), value.encode(), usedforsecurity=False).hexdigest()


# Step Functions adds these to JSONata; it has no `$eval`, which jsonata-python keeps.
_STATES_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "random": _random,
    "hash": _hash,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": json.loads,
}


class Waiting(Protocol):
    """Whoever waits for a task token."""

    def notify(self, outcome: Any) -> None: ...
    def notify_heartbeat(self) -> bool: ...
    def interrupt_all(self) -> None: ...


class TaskTokens:
    """Each token is settled once: by its outcome, or by the end of its task."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Waiting] = {}
        self._closed: set[str] = set()

    def open(self, token: str, waiting: Waiting) -> None:
        with self._lock:
            self._open[token] = waiting

    def knows(self, token: str) -> bool:
        return token in self._open or token in self._closed

    def settle(self, token: str, outcome: Any) -> bool:
        """Hands the outcome over; False when the token is not open."""
        with self._lock:
            waiting = self._open.pop(token, None)
            if waiting:
                self._closed.add(token)
                waiting.notify(outcome)
        return waiting is not None

    def heartbeat(self, token: str) -> bool:
        """False when the token is not open."""
        with self._lock:
            waiting = self._open.get(token)
            if waiting:
                waiting.notify_heartbeat()
        return waiting is not None

    def close(self, token: str) -> bool:
        """Ends the token with its task; False when an outcome was quicker."""
        with self._lock:
            waiting = self._open.pop(token, None)
            self._closed.add(token)
            if waiting:
                waiting.interrupt_all()
        return waiting is not None


class Machines:
    """Calls functions under the machine's role and tells the bus what becomes of executions."""

    def __init__(
        self,
        functions: Functions,
        publish: Callable[[Mapping[str, Any]], object],
        authorise: Authorise = allow_all,
    ) -> None:
        self._functions = functions
        self._publish = publish
        self._authorise = authorise
        self.tokens = TaskTokens()

    def invoke_function(self, role_arn: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Lambda's Invoke as a task calls it. Raises ClientError when Lambda refuses."""
        name = parameters["FunctionName"]
        if qualifier := parameters.get("Qualifier"):
            name = f"{name}:{qualifier}"
        try:
            _, version, arn = self._functions.resolve(name)
            if refusal := self._authorise(role_arn, "lambda:InvokeFunction", arn):
                raise _client_error("AWSLambdaException", refusal, 403)
            outcome = self._functions.invoke(name, parameters.get("Payload") or b"{}")
        except LambdaServiceError as error:
            raise _client_error(error.code, str(error), error.status) from error
        answer = {
            "ExecutedVersion": version,
            "Payload": json.loads(outcome.payload or b"null"),
            "StatusCode": 200,
        }
        return {**answer, "FunctionError": "Unhandled"} if outcome.error else answer

    def tell_status(self, execution: Any) -> None:
        """Publishes the event of an execution that has begun or ended (moto's Execution)."""
        self._publish(status_event(execution))


def _client_error(code: str, message: str, status: int) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RequestId": str(uuid.uuid4())}
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
    return ClientError(response, "Invoke")


def status_event(execution: Any) -> dict[str, Any]:
    """`Step Functions Execution Status Change` as AWS shapes it; times in milliseconds since 1970."""
    stop = execution.stop_date
    output = execution.output
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "resources": [execution.exec_arn],
        "detail": {
            "executionArn": execution.exec_arn,
            "stateMachineArn": execution.state_machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": int(execution.start_date.timestamp() * 1000),
            "stopDate": int(stop.timestamp() * 1000) if stop else None,
            "input": execution.execution_input,
            "inputDetails": {"included": True},
            "output": None if output is None else json.dumps(output, default=str),
            "outputDetails": None if output is None else {"included": True},
            "error": execution.error,
            "cause": execution.cause,
            "stateMachineVersionArn": None,
            "stateMachineAliasArn": None,
            "redriveCount": 0,
            "redriveDate": None,
            "redriveStatus": "NOT_REDRIVABLE",
            "redriveStatusReason": "Redrive is not available locally",
        },
    }
