"""What no ready validator reports on JSONata state machines: expressions, names, calls, error handling."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import jsonata
from botocore.model import ServiceModel

from tests.contract.template import walk

Machine = dict[str, Any]
_NESTED = ("ItemProcessor", "Branches")
_STEP_FUNCTIONS_OWN = {"partition", "range", "hash", "random", "uuid", "parse", "now", "millis"}
_FUNCTIONS = _STEP_FUNCTIONS_OWN | (set(jsonata.Jsonata.static_frame.bindings) - {"eval"})
_SERVICES = {"states": "stepfunctions", "sfn": "stepfunctions", "eventbridge": "events"}


def faults(machine: Machine, known: frozenset[str] = frozenset(), path: str = "") -> Iterator[str]:
    """One line for each fault; `known` are the variables of the machine around this one."""
    states = machine["States"]
    variables = known | {name for state in states.values() for name in _assigned(state)}
    for name, state in states.items():
        yield from _faults_of_state(state, variables, f"{path}/{name}")
        for inner in [state.get("ItemProcessor"), *state.get("Branches", [])]:
            if inner:
                yield from faults(inner, frozenset(variables), f"{path}/{name}")


def _faults_of_state(state: Machine, variables: set[str] | frozenset[str], path: str) -> Iterator[str]:
    own = {field: value for field, value in state.items() if field not in _NESTED}
    for where, text in walk(own):
        if isinstance(text, str) and ("{%" in text or "%}" in text):
            yield from _faults_of_expression(text, variables, path + where)
    yield from _faults_of_names(state, path)
    yield from _faults_of_handlers(state, path)
    yield from _faults_of_call(state, path)


def _assigned(state: Machine) -> Iterator[str]:
    own = {field: value for field, value in state.items() if field not in _NESTED}
    for where, value in walk(own):
        if where.endswith("/Assign") and isinstance(value, dict):
            yield from value


def _faults_of_expression(text: str, variables: set[str] | frozenset[str], path: str) -> Iterator[str]:
    whole = re.fullmatch(r"\{%(.*)%\}", text, re.DOTALL)
    if whole is None:
        yield f"{path}: {text[:40]!r} is neither plain text nor one whole expression"
        return
    try:
        symbols = list(_symbols(jsonata.Jsonata(whole[1]).ast))
    except jsonata.JException as error:
        yield f"{path}: {error}"
        return
    if "/Arguments" in path and re.search(r"\$states\.(result|errorOutput)\b", whole[1]):
        yield f"{path}: there is no result yet in Arguments"
    names = _FUNCTIONS | set(variables) | _local(symbols) | {"", "$", "states"}
    for symbol in symbols:
        if getattr(symbol, "type", None) == "variable" and symbol.value not in names:
            yield f"{path}: ${symbol.value} is neither a function nor assigned anywhere"


def _symbols(tree: Any, seen: set[int] | None = None) -> Iterator[Any]:
    seen = set() if seen is None else seen
    if id(tree) in seen:
        return
    seen.add(id(tree))
    if isinstance(tree, list | tuple):
        for item in tree:
            yield from _symbols(item, seen)
    elif hasattr(tree, "__dict__"):
        yield tree
        yield from _symbols(list(vars(tree).values()), seen)


def _local(symbols: list[Any]) -> set[str]:
    bound = {s.lhs.value for s in symbols if getattr(s, "type", None) == "bind"}
    lambdas = [s for s in symbols if getattr(s, "type", None) == "lambda"]
    return bound | {argument.value for symbol in lambdas for argument in symbol.arguments or []}


def _faults_of_names(state: Machine, path: str) -> Iterator[str]:
    for name in state.get("Assign", {}):
        if not re.fullmatch(r"[^\W\d]\w{0,79}", name) or name == "states":
            yield f"{path}/Assign: {name!r} is no name for a variable"


def _faults_of_handlers(state: Machine, path: str) -> Iterator[str]:
    for field in ("Retry", "Catch"):
        handlers = state.get(field, [])
        for index, handler in enumerate(handlers):
            last_and_alone = index == len(handlers) - 1 and len(handler["ErrorEquals"]) == 1
            if "States.ALL" in handler["ErrorEquals"] and not last_and_alone:
                yield f"{path}/{field}/{index}: States.ALL stands alone and last"
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        yield f"{path}: a heartbeat of {heartbeat} s within a timeout of {timeout} s"


def _faults_of_call(state: Machine, path: str) -> Iterator[str]:
    called = re.match(r"arn:aws:states:::(?:aws-sdk:)?([\w-]+):(\w+)", str(state.get("Resource", "")))
    if called is None:
        return
    service, operation = _SERVICES.get(called[1], called[1]), _capitalised(called[2])
    if service not in _known_services():
        yield f"{path}: there is no service {service}"
    elif operation not in _model(service).operation_names:
        yield f"{path}: {service} has no operation {operation}"
    elif isinstance(state.get("Arguments"), dict):
        yield from _faults_of_arguments(state["Arguments"], _model(service), operation, f"{path}/Arguments")


def _faults_of_arguments(given: Machine, model: ServiceModel, operation: str, path: str) -> Iterator[str]:
    shape = model.operation_model(operation).input_shape
    names = {_capitalised(name) for name in given}
    required = {_capitalised(name) for name in (shape.required_members if shape else [])}
    members = {_capitalised(name) for name in (shape.members if shape else {})}
    yield from (f"{path}: {operation} needs {name}" for name in sorted(required - names))
    yield from (f"{path}: {operation} knows no {name}" for name in sorted(names - members))


def _capitalised(name: str) -> str:
    return name[0].upper() + name[1:]


@cache
def _known_services() -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_available_services())


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)
