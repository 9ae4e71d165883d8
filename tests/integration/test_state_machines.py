"""The rollout machine itself, run by moto's interpreter with our seams; its functions are small ones."""

import json
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws

from signalbox_local import moto_seams
from signalbox_local.functions import Functions, FunctionSpec, Host
from signalbox_local.machines import Machines, QueryFailed, evaluate

DEFINITION = Path(__file__).parents[2] / "statemachines" / "rollout.asl.yaml"
ROLE = "arn:aws:iam::123456789012:role/machine"
HANDLERS = {
    "BeginFunction": "begin",
    "HoldFunction": "hold",
    "RestoreFunction": "restore",
    "FinishFunction": "finish",
}
CODE = textwrap.dedent("""
    import datetime, json, os, pathlib, time

    HERE = pathlib.Path(__file__).parent

    class Transient(Exception):
        pass

    class Conflict(Exception):
        pass

    def begin(event, context):
        script = json.loads((HERE / event["rollout_id"]).read_text())
        with (HERE / "begun").open("a") as file:
            file.write("x")
        if (HERE / "begun").stat().st_size <= script.get("transient", 0):
            raise Transient("not now")
        time.sleep(script.get("sleep", 0))
        if "conflict" in script:
            raise Conflict(script["conflict"])
        answer = {"next": "Finish", "step": 0, "attempt": 0}
        if "hold" in script:
            until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=script["hold"])
            after = {"next": "Finish", "step": 1, "attempt": 0}
            answer |= {"next": "Hold", "kind": "bake", "until": until.isoformat(), "after": after}
        return answer

    def hold(event, context):
        draft = HERE / "draft"
        draft.write_text(event["task_token"])
        draft.rename(HERE / "token")

    def restore(event, context):
        (HERE / "failure").write_text(str(event["failure"]))
        return {"next": "RolledBack", "step": 0, "attempt": 0}

    def finish(event, context):
        return {}
""")


class Machine:
    """The machine and what a test does with it."""

    def __init__(self, folder: Path, arn: str, events: list[Any], functions: Functions) -> None:
        self.folder = folder
        self.events = events
        self.functions = functions
        self.arn = arn
        self.aws = boto3.client("stepfunctions", region_name="eu-west-1")
        self.refusals: dict[str, str] = {}
        self.on_event: Callable[[Any], None] = lambda event: None

    def start(self, name: str, **script: Any) -> str:
        (self.folder / name).write_text(json.dumps(script))
        given = json.dumps({"service": "checkout", "rollout_id": name, "generation": 1})
        return self.aws.start_execution(stateMachineArn=self.arn, name=name, input=given)["executionArn"]

    def end(self, execution: str) -> Any:
        self.until(lambda: self.describe(execution)["status"] != "RUNNING")
        return self.describe(execution)

    def describe(self, execution: str) -> Any:
        return self.aws.describe_execution(executionArn=execution)

    def states(self, execution: str) -> list[str]:
        history = self.aws.get_execution_history(executionArn=execution)["events"]
        entered = [event for event in history if event["type"].endswith("StateEntered")]
        return [event["stateEnteredEventDetails"]["name"] for event in entered]

    def seconds_in(self, state: str, execution: str) -> float:
        history = self.aws.get_execution_history(executionArn=execution)["events"]
        at = {event["type"]: event["timestamp"] for event in history if _state_of(event) == state}
        return (at["TaskStateExited"] - at["TaskStateEntered"]).total_seconds()

    def token(self) -> str:
        self.until((self.folder / "token").exists)
        token = (self.folder / "token").read_text()
        (self.folder / "token").unlink()
        return token

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 15
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "app.py").write_text(CODE)
    functions = Functions(Host("eu-west-1", "123456789012", tmp_path / "logs", "", lambda role, name: {}))
    events: list[Any] = []
    refusals: dict[str, str] = {}

    def told(event: Any) -> None:
        events.append(event)
        playing.on_event(event)

    machines = Machines(functions, told, lambda principal, action, arn: refusals.get(action))
    seams = moto_seams.Seams()
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        moto_seams.step_functions(seams, machines, lambda service, role: None)
        client = boto3.client("stepfunctions", region_name="eu-west-1")
        definition = json.dumps(_definition(functions, tmp_path))
        arn = client.create_state_machine(name="rollout", definition=definition, roleArn=ROLE)[
            "stateMachineArn"
        ]
        playing = Machine(tmp_path, arn, events, functions)
        playing.refusals = refusals
        yield playing
        for execution in client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
            client.stop_execution(executionArn=execution["executionArn"])
        functions.close()
    seams.undo()


def _definition(functions: Functions, folder: Path) -> Any:
    """The machine with published versions of the small functions in place of the template's."""
    text = DEFINITION.read_text()
    for name in ("Begin", "Provision", "ShiftTraffic", "ReplaceBatch", "Retire", "Hold", "Restore", "Finish"):
        function = f"{name}Function"
        handler = f"app.{HANDLERS.get(function, 'finish')}"
        functions.register(FunctionSpec(function, folder, handler, ROLE, timeout=10))
        text = text.replace(f"${{{function}}}", functions.publish(function))
    return yaml.safe_load(text)


def test_a_rollout_goes_from_begin_to_succeeded(machine: Machine) -> None:
    execution = machine.start("plain")
    assert machine.end(execution)["status"] == "SUCCEEDED"
    assert machine.states(execution) == ["Begin", "NextStep", "Finish", "Succeeded"]


def test_a_transient_error_is_tried_again(machine: Machine) -> None:
    execution = machine.start("flaky", transient=1)
    assert machine.end(execution)["status"] == "SUCCEEDED"
    assert machine.states(execution) == ["Begin", "NextStep", "Finish", "Succeeded"]


def test_any_other_error_goes_to_restore_with_its_name_and_words_unharmed(machine: Machine) -> None:
    execution = machine.start("refused", conflict='it\'s "taken" \\ by {% r-1 %}')
    machine.end(execution)
    assert machine.states(execution) == ["Begin", "Restore", "NextStep", "RolledBack"]
    failure = (machine.folder / "failure").read_text()
    assert failure.startswith("Conflict: ")
    assert json.loads(failure.removeprefix("Conflict: "))["errorMessage"] == 'it\'s "taken" \\ by {% r-1 %}'


def test_a_hold_ends_at_its_deadline(machine: Machine) -> None:
    execution = machine.start("bake", hold=1.5)
    assert machine.end(execution)["status"] == "SUCCEEDED"
    assert machine.states(execution) == ["Begin", "NextStep", "Hold", "NextStep", "Finish", "Succeeded"]
    assert 1 < machine.seconds_in("Hold", execution) < 5


def test_a_signal_ends_a_hold_at_once_and_says_where_to_go(machine: Machine) -> None:
    execution = machine.start("signalled", hold=600)
    answer = json.dumps({"next": "Restore", "step": 0, "attempt": 0})
    machine.aws.send_task_success(taskToken=machine.token(), output=answer)
    assert machine.end(execution)["status"] == "SUCCEEDED"
    assert machine.states(execution)[2:] == ["Hold", "NextStep", "Restore", "NextStep", "RolledBack"]


def test_a_failed_task_token_keeps_error_and_cause(machine: Machine) -> None:
    execution = machine.start("failed", hold=600)
    machine.aws.send_task_failure(taskToken=machine.token(), error="Aborted", cause="by hand")
    machine.end(execution)
    assert (machine.folder / "failure").read_text() == "Aborted: by hand"


def test_a_token_is_settled_once(machine: Machine) -> None:
    machine.start("once", hold=600)
    token = machine.token()
    machine.aws.send_task_success(taskToken=token, output='{"next": "Finish", "step": 1, "attempt": 0}')
    with pytest.raises(machine.aws.exceptions.TaskTimedOut):
        machine.aws.send_task_success(taskToken=token, output="{}")


def test_a_token_is_dead_after_its_deadline_and_after_a_stop(machine: Machine) -> None:
    machine.end(machine.start("short", hold=0.1))
    late = machine.token()
    stopped = machine.start("long", hold=600)
    token = machine.token()
    machine.aws.stop_execution(executionArn=stopped)
    for dead in (late, token):
        with pytest.raises(machine.aws.exceptions.TaskTimedOut):
            machine.aws.send_task_success(taskToken=dead, output="{}")


def test_an_execution_that_is_just_being_started_has_no_history_yet(machine: Machine) -> None:
    histories: list[Any] = []
    machine.on_event = lambda event: histories.append(machine.states(event["detail"]["executionArn"]))
    machine.end(machine.start("watched"))
    assert histories[0] == []
    machine.until(lambda: histories[-1][-1:] == ["Succeeded"])


def test_a_token_that_nobody_issued_is_invalid(machine: Machine) -> None:
    with pytest.raises(machine.aws.exceptions.InvalidToken):
        machine.aws.send_task_success(taskToken="foreign", output="{}")


@pytest.mark.parametrize("script", [{"hold": 600}, {"sleep": 8}, {"transient": 9}])
def test_a_stop_interrupts_waits_tasks_and_retries_at_once(
    machine: Machine, script: dict[str, float]
) -> None:
    execution = machine.start("stopped", **script)
    machine.until((machine.folder / "begun").exists)
    time.sleep(0.2)
    began = time.monotonic()
    machine.aws.stop_execution(executionArn=execution, error="Killed", cause="by a test")
    described = machine.describe(execution)
    assert time.monotonic() - began < 1
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Killed", "by a test")


def test_the_same_name_and_input_is_the_same_execution_while_it_runs(machine: Machine) -> None:
    assert machine.start("twin", hold=600) == machine.start("twin", hold=600)


def test_a_name_is_used_once(machine: Machine) -> None:
    machine.end(machine.start("ended"))
    with pytest.raises(machine.aws.exceptions.ExecutionAlreadyExists):
        machine.start("ended")


def test_of_many_starters_one_begins_the_execution(machine: Machine) -> None:
    arns: list[str] = []
    (machine.folder / "race").write_text("{}")
    threads = [
        threading.Thread(target=lambda: arns.append(machine.start("race", hold=600))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(arns)) == 1
    assert [event["detail"]["status"] for event in machine.events] == ["RUNNING"]


def test_start_and_end_are_events(machine: Machine) -> None:
    execution = machine.start("told")
    machine.end(execution)
    machine.until(lambda: len(machine.events) == 2)
    began, ended = machine.events
    assert (began["source"], began["detail-type"]) == ("aws.states", "Step Functions Execution Status Change")
    assert began["resources"] == ended["resources"] == [execution]
    assert (began["detail"]["status"], began["detail"]["stopDate"]) == ("RUNNING", None)
    assert ended["detail"]["status"] == "SUCCEEDED"
    assert ended["detail"]["stateMachineArn"] == machine.arn
    assert json.loads(ended["detail"]["input"])["rollout_id"] == "told"


def test_the_machine_s_role_must_be_allowed_to_invoke(machine: Machine) -> None:
    machine.refusals["lambda:InvokeFunction"] = "User: machine is not authorized"
    execution = machine.start("unauthorised")
    machine.until(lambda: "TaskFailed" in _types(machine, execution))
    history = machine.aws.get_execution_history(executionArn=execution)["events"]
    failed = next(event for event in history if event["type"] == "TaskFailed")["taskFailedEventDetails"]
    assert failed["error"] == "Lambda.AWSLambdaException"
    assert failed["cause"].startswith("User: machine is not authorized")


def _state_of(event: Any) -> str | None:
    details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
    return details.get("name")


def _types(machine: Machine, execution: str) -> list[str]:
    return [event["type"] for event in machine.aws.get_execution_history(executionArn=execution)["events"]]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("$states.input.note & '!'", 'a "quoted" \\ note!'),
        ("$exists($states.input.missing) ? 1 : null", None),
        ("$states.input.nothing", None),
        ("$count($states.input.list)", 2),
        ("$max([1, $ceil(($toMillis($states.input.until) - 1000) / 1000)])", 1),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$length($uuid())", 36),
        ("$parse('{\"a\": 1}').a", 1),
    ],
)
def test_jsonata_selects_and_computes(expression: str, result: Any) -> None:
    given = {"note": 'a "quoted" \\ note', "nothing": None, "list": [1, 2], "until": "1970-01-01T00:00:01Z"}
    assert evaluate(expression, {"states": {"input": given}}) == result


@pytest.mark.parametrize(
    "expression", ["$states.missing", "1 +", "$unknown(1)", "'a' + 1", "function($x){$x}"]
)
def test_what_jsonata_cannot_answer_is_a_query_evaluation_error(expression: str) -> None:
    with pytest.raises(QueryFailed):
        evaluate(expression, {"states": {}})


def test_a_query_evaluation_error_can_be_caught(machine: Machine) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": "{% $states.input.missing %}"},
                "Catch": [
                    {
                        "ErrorEquals": ["States.QueryEvaluationError"],
                        "Output": "{% $states.errorOutput.Error %}",
                        "Next": "End",
                    }
                ],
                "End": True,
            },
            "End": {"Type": "Succeed"},
        },
    }
    created = machine.aws.create_state_machine(name="ask", definition=json.dumps(definition), roleArn=ROLE)
    started = machine.aws.start_execution(stateMachineArn=created["stateMachineArn"], name="ask")
    assert (
        json.loads(json.dumps(machine.end(started["executionArn"])["output"]))
        == "States.QueryEvaluationError"
    )


def test_output_that_is_not_json_is_refused(machine: Machine) -> None:
    machine.start("output", hold=600)
    with pytest.raises(ClientError, match="InvalidOutput"):
        machine.aws.send_task_success(taskToken=machine.token(), output="not json")
