"""Seams of Step Functions: expressions, tasks, tokens and executions."""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.parser.api import (
    EvaluationFailedEventDetails,
    ExecutionStatus,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from signalbox_local.machines import Machines, QueryFailed, TaskTokens, evaluate
from signalbox_local.moto_seams.attempts import attempts
from signalbox_local.moto_seams.seams import SETTLING_SECONDS, ClientFor, Seams


def step_functions(seams: Seams, machines: Machines, client_for: ClientFor) -> None:
    """Everything that moto's interpreter needs to run our machines."""
    _jsonata(seams)
    _function_tasks(seams, machines, client_for)
    attempts(seams, machines.tokens)
    _interruptions(seams)
    _task_tokens(seams, machines.tokens)
    _executions(seams, machines)
    _execution_answers(seams)


def _jsonata(seams: Seams) -> None:
    # moto has no JSONata engine and pastes variables unescaped into the expression; ours are bound by name.
    def evaluate_expression(self: Any, env: Environment) -> None:
        states = json.loads(to_json_str(env.states._states_data))
        variables = {**env.variable_store._outer_scope, **env.variable_store._inner_scope}
        try:
            env.stack.append(evaluate(self.expression, {**variables, "states": states}))
        except QueryFailed as error:
            raise _query_evaluation_error(env, str(error)) from error

    seams.replace(StringJSONata, "_eval_body", evaluate_expression)
    seams.replace(StringVariableSample, "_eval_body", evaluate_expression)


def _query_evaluation_error(env: Environment, cause: str) -> FailureEventException:
    name = StatesErrorName(StatesErrorNameType.StatesQueryEvaluationError)
    details = EvaluationFailedEventDetails(
        error=str(name.error_name), cause=cause, state=env.next_state_name or ""
    )
    event_details = cast(EventDetails, {"evaluationFailedEventDetails": details})
    event = FailureEvent(env, name, HistoryEventType.EvaluationFailed, event_details)
    return FailureEventException(event)


def _function_tasks(seams: Seams, machines: Machines, client_for: ClientFor) -> None:
    # moto calls Lambda by HTTP with made-up keys; ours is called in process, under the machine's role.
    def invoke(parameters: dict[str, Any], region: str, state_credentials: Any) -> dict[str, Any]:
        return machines.invoke_function(state_credentials.role_arn, parameters)

    seams.replace(lambda_eval_utils, "_invoke_lambda_function", invoke)

    # Every other integration gets a client with the role's credentials, at our endpoint.
    def make_client(region: str, service: str, state_credentials: Any = None) -> Any:
        return client_for(service, state_credentials.role_arn)

    original = boto_client.boto_client_for
    for module in [m for name, m in sys.modules.items() if name.startswith("moto.stepfunctions.")]:
        if vars(module).get("boto_client_for") is original:
            seams.replace(module, "boto_client_for", make_client)


def _interruptions(seams: Seams) -> None:
    # moto's stop reaches a Wait only; this wakes whatever the execution waits for.
    def waking(original: Callable[..., None]) -> Callable[..., None]:
        def change(self: Environment, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            for event in list(vars(self).get("wakers", ())):
                event.set()

        return change

    # moto lets an error that is raised while an execution is being stopped turn ABORTED into FAILED.
    def unless_over(original: Callable[..., None]) -> Callable[..., None]:
        def set_error(self: Environment, error: Any) -> None:
            if not isinstance(self._program_state, ProgramStopped | ProgramTimedOut):
                original(self, error)

        return set_error

    seams.wrap(Environment, "set_error", unless_over)
    for name in ("set_stop", "set_timed_out", "set_error"):
        seams.wrap(Environment, name, waking)


def _task_tokens(seams: Seams, tokens: TaskTokens) -> None:
    # moto accepts an outcome for a task that has timed out, and knows tokens of running executions only.
    def settle(token: str, outcome: CallbackOutcome) -> None:
        if not tokens.settle(token, outcome):
            raise _dead_token(tokens, token)

    def succeed(self: Any, task_token: str, outcome: str) -> None:
        try:
            json.loads(outcome)
        except ValueError:
            raise AWSError("Invalid Output: 'Not valid JSON'", "InvalidOutput") from None
        settle(task_token, CallbackOutcomeSuccess(task_token, outcome))

    def fail(self: Any, task_token: str, error: str | None = None, cause: str | None = None) -> None:
        settle(task_token, CallbackOutcomeFailure(task_token, error, cause))

    def beat(self: Any, task_token: str) -> None:
        if not tokens.heartbeat(task_token):
            raise _dead_token(tokens, task_token)

    seams.replace(StepFunctionsParserBackend, "send_task_success", succeed)
    seams.replace(StepFunctionsParserBackend, "send_task_failure", fail)
    seams.replace(StepFunctionsParserBackend, "send_task_heartbeat", beat)

    # moto drops the cause of SendTaskFailure.
    def send_task_failure(self: StepFunctionResponse) -> EmptyResult:
        fail(None, self._get_param("taskToken"), self._get_param("error"), self._get_param("cause"))
        return EmptyResult()

    seams.replace(StepFunctionResponse, "send_task_failure", send_task_failure)


def _dead_token(tokens: TaskTokens, token: str) -> AWSError:
    if tokens.knows(token):
        return AWSError("Task Timed Out: 'Provided task does not exist anymore'", "TaskTimedOut")
    return AWSError("Invalid Token: 'Invalid token'", "InvalidToken")


def _executions(seams: Seams, machines: Machines) -> None:
    # moto checks a name and then starts, without a lock; it does not check names or invent one.
    starting = threading.Lock()

    def named_and_serial(original: Callable[..., Any]) -> Callable[..., Any]:
        def start(self: Any, arn: str, name: str | None = None, *args: Any, **kwargs: Any) -> Any:
            self._validate_name(name or "")
            with starting:
                return original(self, arn, name or str(uuid.uuid4()), *args, **kwargs)

        return start

    seams.wrap(StepFunctionsParserBackend, "start_execution", named_and_serial)

    # moto tells nobody that an execution has begun, and has no status for it until then.
    def begin(original: Callable[..., None]) -> Callable[..., None]:
        def start(self: Execution) -> None:
            self.exec_status = ExecutionStatus.RUNNING
            machines.tell_status(self)
            original(self)

        return start

    seams.wrap(Execution, "start", begin)
    seams.replace(
        Execution, "status", property(lambda self: (self.exec_status or ExecutionStatus.RUNNING).value)
    )

    # moto drops error and cause of a stop, and keeps a reference to every thread it ever started.
    def end(original: Callable[..., None]) -> Callable[..., None]:
        def reflect(self: BaseExecutionWorkerCommunication) -> None:
            original(self)
            worker: Any = self.execution.exec_worker
            state = worker.env.program_state()
            if isinstance(state, ProgramStopped):
                self.execution.error, self.execution.cause = state.error, state.cause
            TMP_THREADS.clear()
            machines.tell_status(self.execution)

        return reflect

    seams.wrap(BaseExecutionWorkerCommunication, "_reflect_execution_status", end)

    # moto lists an execution before it has a worker, and fails when its history is asked for then.
    def history(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: original(self) if self.exec_worker else {"events": []}

    seams.wrap(Execution, "to_history_output", history)

    # moto answers a stop before the execution has ended, and fails on one that has hardly begun.
    def stop(self: Execution, stop_date: Any, error: str | None, cause: str | None) -> None:
        _wait_until(lambda: self.status != "RUNNING" or _has_begun(self))
        if self.status == "RUNNING":
            worker: Any = self.exec_worker
            worker.stop(stop_date=stop_date, error=error, cause=cause)
            _wait_until(lambda: self.status != "RUNNING")

    seams.replace(Execution, "stop", stop)


def _has_begun(execution: Execution) -> bool:
    worker = execution.exec_worker
    return worker is not None and worker.env is not None and worker.env.is_running()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLING_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)


def _execution_answers(seams: Seams) -> None:
    # moto drops error and cause that StopExecution gives.
    def stop_execution(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        now = datetime.now(UTC)
        execution.stop(stop_date=now, error=self._get_param("error"), cause=self._get_param("cause"))
        return ActionResult({"stopDate": execution.stop_date or now})

    seams.replace(StepFunctionResponse, "stop_execution", stop_execution)

    # moto tells no end of an execution that has timed out.
    def describe(original: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
        def describe_execution(self: StepFunctionResponse) -> ActionResult:
            answer = original(self)
            execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
            if execution.stop_date:
                cast(dict[str, Any], answer.result)["stopDate"] = execution.stop_date
            return answer

        return describe_execution

    seams.wrap(StepFunctionResponse, "describe_execution", describe)
