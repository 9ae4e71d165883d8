"""One name, four places: the state, the resource, the entry point and the step are called alike."""

import re
from typing import Any

import pytest

from tests.contract.template import ROOT, machines, resources, template

FUNCTIONS = resources(template(), "AWS::Serverless::Function")
_TASKS = [
    pytest.param(name, state, id=name)
    for definition in machines().values()
    for name, state in definition["States"].items()
    if state["Type"] == "Task"
]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _step_of(state: str) -> str:
    """Every settling state is a hold; any other state is its own step."""
    return "Hold" if state.startswith("Settle") else state


@pytest.mark.parametrize(("name", "state"), _TASKS)
def test_a_state_calls_the_function_of_its_name(name: str, state: dict[str, Any]) -> None:
    assert state["Arguments"]["FunctionName"] == f"${{{_step_of(name)}Function}}"


@pytest.mark.parametrize(("name", "state"), _TASKS)
def test_a_step_stands_in_the_file_of_its_name(name: str, state: dict[str, Any]) -> None:
    function = FUNCTIONS[f"{_step_of(name)}Function"]["Properties"]
    capability = function["CodeUri"].removeprefix("functions/")
    assert (ROOT / "layers/core/signalbox" / capability / "steps" / f"{_snake(_step_of(name))}.py").is_file()


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "ApiFunction"])
def test_an_entry_point_is_called_like_its_function(name: str) -> None:
    assert FUNCTIONS[name]["Properties"]["Handler"] == f"{_snake(name.removesuffix('Function'))}.handler"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_an_entry_point(name: str) -> None:
    properties = FUNCTIONS[name]["Properties"]
    module = properties["Handler"].removesuffix(".handler")
    assert (ROOT / properties["CodeUri"] / f"{module}.py").is_file()


def test_no_entry_point_is_without_a_function() -> None:
    named = {f["Properties"]["Handler"].removesuffix(".handler") for f in FUNCTIONS.values()}
    written = {path.stem for path in (ROOT / "functions").glob("*/*.py") if path.parent.name != "api"}
    assert written <= named
