"""State machines: each task bounded, retried and caught; each expression, variable and name resolves."""

import re
from enum import StrEnum
from typing import Any

import pytest
from jsonata import Jsonata

from signalbox.compliance import progress as remediation
from signalbox.compliance.steps.write_undo import LINGERS
from signalbox.fleets import progress as power
from signalbox.rollouts import progress
from signalbox.rollouts.steps.arrival import PASSING
from tests.contract import asl
from tests.contract.template import ROOT, machines, resources, template, walk

State = dict[str, Any]
_OF_FLEETS = set(machines()["PowerMachine"]["States"])
_OF_FINDINGS = set(machines()["RemediationMachine"]["States"])
# Where every failure leads, and what is itself retried without end.
_LAST_RESORTS = {"RolloutMachine": "Restore", "PowerMachine": "ReportFleet", "RemediationMachine": "UndoFix"}
_EVERY_STATE = [
    pytest.param(name, state, id=f"{machine}/{name}")
    for machine, definition in machines().items()
    for name, state in definition["States"].items()
]
_EVERY_TASK = [case for case in _EVERY_STATE if case.values[1]["Type"] == "Task"]  # type: ignore[index]
_WAITS = [case for case in _EVERY_TASK if case.values[1]["Resource"].endswith("waitForTaskToken")]  # type: ignore[index]
_each_machine = pytest.mark.parametrize("machine", machines().values(), ids=machines().keys())
_each_state = pytest.mark.parametrize(("name", "state"), _EVERY_STATE)
_each_task = pytest.mark.parametrize(("name", "state"), _EVERY_TASK)
_each_wait = pytest.mark.parametrize(("name", "state"), _WAITS)


@_each_machine
def test_every_expression_variable_and_service_call_resolves(machine: State) -> None:
    assert list(asl.faults(machine)) == []


@_each_state
def test_every_state_says_why_it_is_there(name: str, state: State) -> None:
    assert state.get("Comment") or state["Type"] == "Choice", name


@_each_task
def test_every_task_is_bounded_and_retried_with_jitter(name: str, state: State) -> None:
    assert "TimeoutSeconds" in state
    for retrier in state["Retry"]:
        assert retrier["BackoffRate"] == 2
        assert retrier["JitterStrategy"] == "FULL"
        assert "MaxDelaySeconds" in retrier, name


def test_every_machine_has_a_last_resort() -> None:
    assert _LAST_RESORTS.keys() == machines().keys()


@pytest.mark.parametrize(("machine", "resort"), _LAST_RESORTS.items())
def test_every_failure_leads_to_the_last_resort_which_is_retried_without_end(
    machine: str, resort: str
) -> None:
    for name, state in machines()[machine]["States"].items():
        if name == resort:
            assert state["Retry"][-1]["ErrorEquals"] == ["States.ALL"]
            assert state["Retry"][-1]["MaxAttempts"] == 99999999
        elif state["Type"] == "Task":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
            assert state["Catch"][-1]["Next"] == resort, name


def test_restore_can_be_entered_whatever_the_last_answer_was() -> None:
    """Found by the simulation: a token answered with nonsense left a rollout that no abort could end."""
    payload = machines()["RolloutMachine"]["States"]["Restore"]["Arguments"]["Payload"]
    given = {key: text[2:-2] for key, text in payload.items() if "$progress" in text}
    assert {key: _evaluated(text, progress={"next": "Finish"}) for key, text in given.items()} == {
        "step": 0,
        "attempt": 0,
        "failure": None,
    }


def _evaluated(text: str, **variables: object) -> object:
    expression = Jsonata(text)
    frame = expression.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


@_each_task
def test_what_a_step_is_retried_for_is_no_reason_to_leave_things_behind(name: str, state: State) -> None:
    if name in _LAST_RESORTS.values():
        return  # retried for everything
    # Two that work on one fleet, or one finding, at once: the one that was slower reads again.
    passing = (*PASSING, "Conflict") if name in _OF_FLEETS | _OF_FINDINGS else PASSING
    retried = [error for retrier in state["Retry"] for error in retrier["ErrorEquals"]]
    assert [error for error in retried if not error.startswith(passing)] == []


@_each_task
def test_a_fleet_is_stopped_and_a_finding_put_right_late_rather_than_not_at_all(
    name: str, state: State
) -> None:
    """A table that is away for five minutes at eight on Friday is no reason to run until Monday, nor to leave
    a finding at which nobody would look again."""
    if name in _OF_FLEETS | _OF_FINDINGS:
        retrier = next(one for one in state["Retry"] if {"Transient", "States.ALL"} & {*one["ErrorEquals"]})
        assert retrier["MaxAttempts"] == 99_999_999


@_each_wait
def test_a_wait_is_never_begun_anew_by_its_own_deadline(name: str, state: State) -> None:
    retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
    assert not retried & {"States.ALL", "States.Timeout"}, name
    assert state["Catch"][0]["ErrorEquals"] == ["States.Timeout"]


def test_an_undo_outlives_whoever_may_still_write_the_fix() -> None:
    assert resources(template())["ApplyFixFunction"]["Properties"]["Timeout"] <= LINGERS


@_each_machine
def test_every_state_can_be_reached(machine: State) -> None:
    named = {value for path, value in walk(machine) if path.endswith(("/Next", "/Default"))}
    assert machine["States"].keys() <= named | {machine["StartAt"]}


@pytest.mark.parametrize(
    ("machine", "states"),
    [
        ("RolloutMachine", progress.State),
        ("PowerMachine", power.State),
        ("RemediationMachine", remediation.Next),
    ],
)
def test_whatever_an_answer_may_name_is_a_choice(machine: str, states: type[StrEnum]) -> None:
    hub = machines()[machine]["States"]["NextStep"]
    named = {choice["Next"] for choice in hub["Choices"]}
    assert named == {str(state) for state in states} - {hub["Default"]}


@_each_machine
def test_a_failed_end_names_error_and_cause(machine: State) -> None:
    ends = [state for state in machine["States"].values() if state["Type"] == "Fail"]
    assert all(end.keys() >= {"Error", "Cause"} for end in ends)


@_each_machine
def test_a_choice_of_the_next_state_goes_where_it_says(machine: State) -> None:
    for choice in machine["States"]["NextStep"]["Choices"]:
        assert f"$progress.next = '{choice['Next']}'" in choice["Condition"]


def test_every_placeholder_is_given_and_every_one_given_is_used() -> None:
    for name, resource in resources(template(), "AWS::Serverless::StateMachine").items():
        text = (ROOT / resource["Properties"]["DefinitionUri"]).read_text(encoding="utf-8")
        used = set(re.findall(r"\$\{(\w+)\}", text))
        assert used == resource["Properties"]["DefinitionSubstitutions"].keys(), name


_FAULTS = {
    "syntax": {"Type": "Pass", "Output": "{% $states.input. %}", "End": True},
    "unclosed": {"Type": "Pass", "Output": "{% $states.input", "End": True},
    "unknown function": {"Type": "Pass", "Output": "{% $lowercased('A') %}", "End": True},
    "unassigned variable": {"Type": "Pass", "Output": "{% $progres %}", "End": True},
    "reserved name": {"Type": "Pass", "Assign": {"states": 1}, "End": True},
    "result too early": {"Type": "Task", "Arguments": {"a": "{% $states.result %}"}, "End": True},
    "catch-all first": {"Type": "Task", "Catch": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]},
    "late heartbeat": {"Type": "Task", "TimeoutSeconds": 30, "HeartbeatSeconds": 30},
    "no such operation": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:puttItem"},
    "missing argument": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": {}},
}


@pytest.mark.parametrize("state", _FAULTS.values(), ids=_FAULTS.keys())
def test_the_linter_finds_a_planted_fault(state: State) -> None:
    assert list(asl.faults({"States": {"Planted": state}}))
