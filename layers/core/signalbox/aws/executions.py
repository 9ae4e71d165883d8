"""Starts, looks at and wakes executions of the rollout machine."""

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.progress import Progress

_DEAD_TOKEN = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


def start_execution(machine_arn: str, name: str, given: Mapping[str, object]) -> None:
    """The same name twice is one execution."""
    with aws_errors():
        try:
            client("stepfunctions").start_execution(
                stateMachineArn=machine_arn, name=name, input=json.dumps(given)
            )
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise


def execution_status(machine_arn: str, name: str) -> str | None:
    """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None when there is no such execution."""
    arn = machine_arn.replace(":stateMachine:", ":execution:") + f":{name}"
    with aws_errors():
        try:
            return client("stepfunctions").describe_execution(executionArn=arn)["status"]
        except ClientError as error:
            if code_of(error) == "ExecutionDoesNotExist":
                return None
            raise


def answer_token(token: str, answer: Mapping[str, object]) -> None:
    """Raises Conflict when nobody waits for the token any more."""
    with aws_errors():
        try:
            client("stepfunctions").send_task_success(taskToken=token, output=json.dumps(answer))
        except ClientError as error:
            if code_of(error) in _DEAD_TOKEN:
                raise Conflict("nobody waits for this token any more") from error
            raise


class StepFunctionsExecutions:
    """Port `Executions`. Without a machine (functions that the machine itself calls) only `wake` works."""

    def __init__(self, machine_arn: str = "") -> None:
        self._machine_arn = machine_arn

    def start(self, service: str, rollout_id: str, generation: int) -> None:
        """Start the generation's execution; the same one twice is one."""
        given = {"service": service, "rollout_id": rollout_id, "generation": generation}
        start_execution(self._machine_arn, _name(rollout_id, generation), given)

    def status(self, rollout_id: str, generation: int) -> str | None:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None when there is no such execution."""
        return execution_status(self._machine_arn, _name(rollout_id, generation))

    def wake(self, token: str, progress: Progress) -> None:
        """Answer a hold's token. Raises Conflict when nobody waits for it any more."""
        answer_token(token, progress.to_wire())


def _name(rollout_id: str, generation: int) -> str:
    return f"{rollout_id}-g{generation}"
