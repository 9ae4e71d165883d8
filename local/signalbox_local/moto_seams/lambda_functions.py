"""Seams of Lambda: our functions run, and only what acts may be changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.awslambda.responses import LambdaResponse

from signalbox_local.functions import Functions
from signalbox_local.moto_seams.seams import Seams
from signalbox_local.sandbox import LambdaServiceError


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
