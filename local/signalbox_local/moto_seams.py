"""Every replacement of moto's private parts, in one place, one comment a seam."""

from __future__ import annotations

import copy
import functools
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import unquote

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.awslambda.responses import LambdaResponse
from moto.cloudwatch.models import CloudWatchBackend
from moto.core.exceptions import AWSError, ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.dynamodb.responses import DynamoHandler
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses import EC2Response
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend
from moto.iam.models import IAMBackend
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
from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsOutcome
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from signalbox_local.alarms import Alarms
from signalbox_local.bus import Bus
from signalbox_local.estate import Estate, capacity, launch_templates, requests, routing
from signalbox_local.estate.targets import Targets, backend_of, find_group
from signalbox_local.functions import Functions
from signalbox_local.machines import Machines, QueryFailed, TaskTokens, evaluate
from signalbox_local.sandbox import LambdaServiceError
from signalbox_local.scheduler import parse_schedule

MOTO_VERSION = "5.2.5"
_MISSING = object()
SETTLING_SECONDS = 5.0
"""How long an execution may take to notice that it was stopped."""
ClientFor = Callable[[str, str], Any]
"""(service, role ARN) → a boto3 client."""


class Seams:
    """Remembers what it replaced, so that `undo` leaves moto as it was."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, object]] = []

    def replace(self, owner: Any, name: str, replacement: object) -> None:
        """Sets `owner.name`; an inherited attribute is shadowed."""
        self._replaced.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, replacement)

    def wrap(self, owner: Any, name: str, around: Callable[[Callable[..., Any]], object]) -> None:
        """Replaces a function by what `around` makes of it."""
        self.replace(owner, name, around(getattr(owner, name)))

    def undo(self) -> None:
        """Puts back everything, last first."""
        while self._replaced:
            owner, name, original = self._replaced.pop()
            if original is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


def step_functions(seams: Seams, machines: Machines, client_for: ClientFor) -> None:
    """Everything that moto's interpreter needs to run our machines."""
    _jsonata(seams)
    _function_tasks(seams, machines, client_for)
    _attempts(seams, machines.tokens)
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


def _attempts(seams: Seams, tokens: TaskTokens) -> None:
    # moto waits for a task to its end even when the execution was stopped; all attempts share one token.
    def evaluate_with_timeout(self: ExecutionState, env: Environment) -> None:
        self.timeout.eval(env=env)
        seconds = env.stack.pop()
        token = _renew_token(env, tokens)
        attempt = _Attempt(self, env)
        with _woken_by(env, attempt.woken):
            attempt.start()
            if env.is_running():
                attempt.woken.wait(seconds)
        if token and not attempt.ended and not tokens.close(token):
            # The outcome was accepted in the last moment: it counts.
            attempt.thread.join(SETTLING_SECONDS)
        if token:
            tokens.close(token)
        attempt.leave(env)
        if env.is_running():
            attempt.conclude(env)

    seams.replace(ExecutionState, "_evaluate_with_timeout", evaluate_with_timeout)
    # The token's wait ends with the attempt, never by itself: an outcome accepted in between would be lost.
    seams.replace(
        state_task_service_callback.StateTaskServiceCallback,
        "_wait_for_task_token_timeout",
        lambda self, timeout_seconds, callback_endpoint: callback_endpoint.wait(),
    )  # fmt: skip

    # moto sleeps through a stop before a retry.
    def pause(env: Environment, seconds: float) -> None:
        woken = threading.Event()
        with _woken_by(env, woken):
            if env.is_running():
                woken.wait(seconds)

    def retry(self: RetrierDecl, env: Environment) -> None:
        self.error_equals.eval(env)
        if not env.stack.pop():
            env.stack.append(RetrierOutcome.Skipped)
            return
        self.max_attempts.eval(env)
        if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
            env.stack.append(RetrierOutcome.Failed)
            return
        for part in (self.interval_seconds, self.backoff_rate, self.max_delay_seconds, self.jitter_strategy):
            part.eval(env)
        pause(env, env.stack.pop())
        env.stack.append(RetrierOutcome.Executed)

    seams.replace(RetrierDecl, "_eval_body", retry)


def _renew_token(env: Environment, tokens: TaskTokens) -> str | None:
    """A new token for each attempt of a task that waits for one, as on AWS."""
    if "Task" not in env.states.context_object.context_object_data:
        return None
    token = str(env.states.context_object.update_task_token())
    tokens.open(token, env.callback_pool_manager.add(token))
    return token


class _Attempt:
    """One try of a state that executes something, in a thread and a frame of its own (as moto does it)."""

    def __init__(self, state: ExecutionState, env: Environment) -> None:
        self.state = state
        self.woken = threading.Event()
        self.ended = False
        self.error: Exception | None = None
        self.outputs: list[Any] = []
        self.frame = env.open_frame()
        self.frame.states.reset(input_value=env.states.get_input())
        self.frame.stack = copy.deepcopy(env.stack)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def leave(self, env: Environment) -> None:
        """Ends the frame; what an abandoned task does later no longer reaches the history."""
        self.frame.set_ended()
        env.close_frame(self.frame)
        if not self.ended:
            self.frame.event_manager = EventManager()

    def conclude(self, env: Environment) -> None:
        """Takes over the result, or raises the task's error or its timeout."""
        if self.error:
            raise self.error
        if not self.ended:
            raise EvalTimeoutError
        env.stack.append(self.outputs.pop())
        if not self.state._is_language_query_jsonpath():
            env.states.set_result(env.stack[-1])
        for part in (self.state.assign_decl, self.state.result_selector):
            if part:
                part.eval(env=env)
        if self.state.result_path:
            self.state.result_path.eval(env)
        else:
            env.states.reset(input_value=env.stack.pop())

    def _run(self) -> None:
        try:
            self.state._eval_execution(self.frame)
            self.outputs.extend(self.frame.stack)
        except Exception as error:  # any failure of the task is the attempt's result
            self.error = error
        self.ended = True
        self.woken.set()


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


@contextmanager
def _woken_by(env: Environment, event: threading.Event) -> Iterator[None]:
    wakers: set[threading.Event] = vars(env).setdefault("wakers", set())
    wakers.add(event)
    try:
        yield
    finally:
        wakers.discard(event)


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


def lambda_invocations(seams: Seams, functions: Functions) -> None:
    """The Invoke API of Lambda runs our functions."""

    # moto runs functions in Docker, or echoes.
    def invoke(self: LambdaResponse) -> tuple[int, dict[str, str], bytes]:
        name = unquote(self.path.rsplit("/", 2)[-2])
        if qualifier := self._get_param("Qualifier"):
            name = f"{name}:{qualifier}"
        return _invoke(functions, name, _bytes(self.body), self.headers.get("X-Amz-Invocation-Type", ""))

    seams.replace(LambdaResponse, "invoke", _as_lambda_answers(invoke))


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _invoke(functions: Functions, name: str, payload: bytes, kind: str) -> tuple[int, dict[str, str], bytes]:
    _, version, _ = functions.resolve(name)
    if kind == "DryRun":
        return 204, {"status": "204"}, b""
    if kind == "Event":
        functions.invoke_async(name, payload)
        return 202, {"status": "202"}, b""
    outcome = functions.invoke(name, payload)
    failed = {"X-Amz-Function-Error": "Unhandled"} if outcome.error else {}
    headers = {"content-type": "application/json", "X-Amz-Executed-Version": version, **failed}
    return 200, headers, outcome.payload


def lambda_changes(seams: Seams, functions: Functions) -> None:
    """After the stack is made: what changes a function acts on our functions, or is refused."""

    # moto records these changes, but its records run nothing.
    def remove_permission(self: LambdaResponse) -> tuple[int, dict[str, Any], str]:
        name, _, statement_id = self.path.split("/")[-3:]
        qualifier = self._get_param("Qualifier")
        functions.revoke(f"{unquote(name)}:{qualifier}" if qualifier else unquote(name), statement_id)
        return 204, {"status": 204}, "{}"

    def put_function_concurrency(self: LambdaResponse) -> tuple[int, dict[str, Any], str]:
        concurrency = self._get_int_param("ReservedConcurrentExecutions")
        functions.reserve(unquote(self.path.split("/")[-2]), concurrency)
        return 200, {}, json.dumps({"ReservedConcurrentExecutions": concurrency})

    def delete_function_concurrency(self: LambdaResponse) -> tuple[int, dict[str, Any], str]:
        functions.reserve(unquote(self.path.split("/")[-2]), None)
        return 204, {"status": 204}, "{}"

    def refuse(self: LambdaResponse) -> None:
        raise NotImplementedError

    for change in (remove_permission, put_function_concurrency, delete_function_concurrency):
        seams.replace(LambdaResponse, change.__name__, _as_lambda_answers(change))
    for name in _UNCHANGEABLE_FUNCTIONS:
        seams.replace(LambdaResponse, name, refuse)


_UNCHANGEABLE_FUNCTIONS = (
    *("create_function", "update_function_code", "update_function_configuration", "delete_function"),
    *("publish_version", "create_alias", "update_alias", "delete_alias", "add_permission"),
    *("create_event_source_mapping", "put_function_event_invoke_config", "create_function_url_config"),
)


def _as_lambda_answers(original: Callable[[LambdaResponse], Any]) -> Callable[[LambdaResponse], Any]:
    def answer(self: LambdaResponse) -> Any:
        try:
            return original(self)
        except LambdaServiceError as error:
            body = json.dumps({"Type": "User", "Message": str(error)})
            return error.status, {"status": error.status, "X-Amzn-ErrorType": error.code}, body

    return answer


def dynamodb_requests(seams: Seams) -> None:
    """One request at a time, and transactions that are applied once."""
    lock = threading.RLock()
    seen: dict[tuple[str, str, str], str] = {}

    # moto checks and then acts without a lock, and a failing transaction puts back copies of all tables.
    def one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_action(self: DynamoHandler) -> Any:
            with lock:
                return original(self)

        return call_action

    # moto applies a transaction again that comes with the same ClientRequestToken.
    def once(original: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
        def transact_write_items(self: DynamoHandler) -> ActionResult:
            token = self.body.get("ClientRequestToken")
            if not token:
                return original(self)
            key, request = (self.current_account, self.region, token), json.dumps(self.body, default=str)
            if key in seen and seen[key] != request:
                raise IdempotentParameterMismatch
            if key in seen:
                return ActionResult({})
            answer = original(self)
            seen[key] = request
            return answer

        return transact_write_items

    seams.wrap(DynamoHandler, "call_action", one_at_a_time)
    seams.wrap(DynamoHandler, "transact_write_items", once)


def managed_policies(seams: Seams, account: str) -> None:
    """AWS's own managed policies exist in one account."""

    # moto reads 5 MB of policies for each partition of each account, one second in all.
    def where_needed(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        def init_policies(self: IAMBackend) -> list[Any]:
            needed = (self.account_id, self.region_name) == (account, "aws")
            return original(self) if needed else []

        return init_policies

    seams.wrap(IAMBackend, "_init_aws_policies", where_needed)


class IdempotentParameterMismatch(ServiceException):
    """DynamoDB's answer to another transaction under the same token."""

    code = "IdempotentParameterMismatchException"
    message = "The client token was used with other parameters"


def event_bus(seams: Seams, bus: Bus) -> None:
    """PutEvents goes to our bus; schedules are read as strictly as on AWS."""
    # moto delivers to a few kinds of target only, fires DISABLED rules and ignores Input and DLQs.
    seams.replace(EventsBackend, "put_events", lambda self, events: bus.put_events(events))

    # moto checks a schedule by a loose pattern.
    def checked(original: Callable[..., Any]) -> Callable[..., Any]:
        def put_rule(self: EventsBackend, name: str, **given: Any) -> Any:
            try:
                if given.get("scheduled_expression"):
                    parse_schedule(given["scheduled_expression"])
            except ValueError:
                raise ValidationException("Parameter ScheduleExpression is not valid.") from None
            return original(self, name, **given)

        return put_rule

    seams.wrap(EventsBackend, "put_rule", checked)


def alarm_states(seams: Seams, alarms: Alarms) -> None:
    """New alarms begin without data, and a state that a client sets is an event."""

    # moto begins with OK and forgets the state when an alarm is put again.
    def enrolled(original: Callable[..., Any]) -> Callable[..., Any]:
        def put_metric_alarm(self: CloudWatchBackend, name: str, **given: Any) -> Any:
            before = self.alarms.get(name)
            alarm = original(self, name=name, **given)
            alarms.enrol(alarm, before)
            return alarm

        return put_metric_alarm

    # moto tells nobody of a new state.
    def told(original: Callable[..., None]) -> Callable[..., None]:
        def set_alarm_state(self: CloudWatchBackend, alarm_name: str, *state: Any) -> None:
            alarms.set_by_client(alarm_name, lambda: original(self, alarm_name, *state))

        return set_alarm_state

    seams.wrap(CloudWatchBackend, "put_metric_alarm", enrolled)
    seams.wrap(CloudWatchBackend, "set_alarm_state", told)


def estate_life(seams: Seams, estate: Estate) -> None:
    """Groups and targets live by the estate's rounds, and are refused what AWS refuses."""
    _one_request_at_a_time(seams, estate)
    _groups(seams, estate)
    _group_members(seams, estate)
    _targets(seams, estate)
    _routing(seams)
    _launch_template_versions(seams)


def _one_request_at_a_time(seams: Seams, estate: Estate) -> None:
    # moto has no locks; the estate changes the same records from its own thread.
    def locked(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_action(self: Any) -> Any:
            with estate.lock:
                return original(self)

        return call_action

    for response in (AutoScalingResponse, ELBV2Response, EC2Response):
        seams.wrap(response, "call_action", locked)


def _groups(seams: Seams, estate: Estate) -> None:
    # moto answers a group that does not exist with HTTP 500.
    def knowing(original: Callable[..., None]) -> Callable[..., None]:
        def initialise(self: AutoScalingBackend, *args: Any, **given: Any) -> None:
            original(self, *args, **given)
            self.autoscaling_groups = capacity.KnownGroups()

        return initialise

    # moto takes a launch template version that does not exist until it launches.
    def complete(original: Callable[..., None]) -> Callable[..., None]:
        def set_launch_configuration(self: FakeAutoScalingGroup, *args: Any, **given: Any) -> None:
            original(self, *args, **given)
            capacity.check_launch_template(self)

        return set_launch_configuration

    # moto takes desired > max and a name twice, and launches and terminates inside of the request.
    seams.wrap(AutoScalingBackend, "__init__", knowing)
    seams.wrap(FakeAutoScalingGroup, "_set_launch_configuration", complete)
    seams.replace(FakeAutoScalingGroup, "set_desired_capacity", requests.record_desired)
    seams.wrap(AutoScalingBackend, "create_auto_scaling_group", _first(requests.create_group))
    seams.wrap(AutoScalingBackend, "update_auto_scaling_group", _first(requests.update_group))
    seams.replace(AutoScalingBackend, "set_desired_capacity", requests.set_desired_capacity)
    # moto ignores ForceDelete and lists no activities.
    seams.replace(AutoScalingResponse, "delete_auto_scaling_group", _with(estate, requests.delete_group))
    seams.replace(
        AutoScalingResponse, "describe_scaling_activities", _with(estate, requests.describe_activities)
    )


def _group_members(seams: Seams, estate: Estate) -> None:
    # moto replaces a terminated member at once and without events; here its health check finds it.
    seams.replace(AutoScalingBackend, "notify_terminate_instances", lambda self, instance_ids: None)
    seams.replace(AutoScalingBackend, "terminate_instance", _with(estate, requests.terminate_instance))
    seams.wrap(
        AutoScalingBackend, "detach_instances", _first(functools.partial(requests.detach_instances, estate))
    )
    # moto registers instances that have not booted, and leaves targets behind on detach.
    seams.replace(
        AutoScalingBackend,
        "update_attached_target_groups",
        lambda self, group_name: estate.groups.register(self.autoscaling_groups[group_name]),
    )
    seams.replace(
        AutoScalingBackend, "attach_load_balancer_target_groups", _with(estate, requests.attach_target_groups)
    )
    seams.replace(
        AutoScalingBackend, "detach_load_balancer_target_groups", _with(estate, requests.detach_target_groups)
    )
    # moto shows the template's default version on every instance.
    original = vars(InstanceState)["launch_template"].fget
    seams.replace(
        InstanceState,
        "launch_template",
        property(lambda self: requests.launch_template_of(estate, original(self), self)),
    )


def _targets(seams: Seams, estate: Estate) -> None:
    # moto's targets are healthy at once, drain never, and may be instances that do not exist.
    targets = estate.targets
    seams.replace(FakeTargetGroup, "register", _with(targets, Targets.register))
    seams.replace(FakeTargetGroup, "deregister", _with(targets, Targets.deregister_all))
    seams.replace(FakeTargetGroup, "deregister_terminated_instances", _with(targets, Targets.deregister))
    seams.replace(
        ELBv2Backend,
        "describe_target_health",
        lambda self, arn, asked: targets.describe(find_group(self, arn), asked),
    )
    # moto keeps the first load balancers of a target group for ever and misses later ones.
    in_use = property(
        lambda self: routing.load_balancers_of(backend_of(self), self.arn), lambda self, stored: None
    )
    seams.replace(FakeTargetGroup, "load_balancer_arns", in_use)


def _routing(seams: Seams) -> None:
    # moto gives a forward back in the form in which it came; AWS gives both forms.
    def completed(original: Callable[..., None]) -> Callable[..., None]:
        def initialise(self: FakeAction, data: dict[str, Any]) -> None:
            routing.complete_forward(data)
            original(self, data)

        return initialise

    # moto takes any weight.
    def weighed(original: Callable[..., None]) -> Callable[..., None]:
        def validate_actions(self: ELBv2Backend, actions: list[FakeAction]) -> None:
            original(self, actions)
            routing.check_weights(actions)

        return validate_actions

    # moto changes and deletes default rules.
    def unless_default(original: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: ELBv2Backend, *args: Any, **given: Any) -> Any:
            routing.check_not_default(self, args[0] if args else given["rule_arn"])
            return original(self, *args, **given)

        return change

    # moto does not check the actions of a listener that is modified.
    def validated(original: Callable[..., Any]) -> Callable[..., Any]:
        def modify_listener(self: ELBv2Backend, *args: Any) -> Any:
            self._validate_actions([FakeAction(action) for action in args[-1]])
            return original(self, *args)

        return modify_listener

    seams.wrap(FakeAction, "__init__", completed)
    seams.wrap(ELBv2Backend, "_validate_actions", weighed)
    seams.wrap(ELBv2Backend, "modify_rule", unless_default)
    seams.wrap(ELBv2Backend, "delete_rule", unless_default)
    seams.wrap(ELBv2Backend, "modify_listener", validated)


def _launch_template_versions(seams: Seams) -> None:
    # moto finds versions by their place in a list, ignores SourceVersion and cannot delete one.
    seams.replace(LaunchTemplate, "create_version", launch_templates.create_version)
    seams.replace(LaunchTemplate, "get_version", launch_templates.get_version)
    seams.replace(
        LaunchTemplate, "default_version", lambda self: launch_templates.get_version(self, "$Default")
    )
    for name in ("create_launch_template_version", "delete_launch_template_versions"):
        seams.replace(LaunchTemplates, name, getattr(launch_templates, name))

    # moto gives 15 versions and no token for the rest.
    def whole_page(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe(self: LaunchTemplateBackend, **given: Any) -> Any:
            given["max_results"] = max(given["max_results"], launch_templates.PAGE)
            return original(self, **given)

        return describe

    seams.wrap(LaunchTemplateBackend, "describe_launch_template_versions", whole_page)


def _with(first: object, function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that calls `function(first, self, …)`."""
    return lambda self, *args, **given: function(first, self, *args, **given)


def _first(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wraps a method so that `function(method, self, …)` is called instead."""
    return lambda original: _with(original, function)
