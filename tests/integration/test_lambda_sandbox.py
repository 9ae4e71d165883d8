"""Functions run in real child processes with AWS's own runtime client."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from signalbox_local.async_invocations import AsyncSettings
from signalbox_local.functions import (
    FunctionNotFound,
    Functions,
    FunctionSpec,
    Host,
    Permission,
)
from signalbox_local.sandbox_pool import TooManyRequests

ROLE = "arn:aws:iam::123456789012:role/worker"
HANDLER = textwrap.dedent("""
    import os, sys, time

    class Transient(Exception):
        pass

    def handler(event, context):
        time.sleep(event.get("sleep", 0))
        if "exit" in event:
            sys.exit(event["exit"])
        if "fail" in event:
            raise Transient(event["fail"])
        return {
            "pid": os.getpid(), "session": os.getsid(0), "arn": context.invoked_function_arn,
            "environment": dict(os.environ), "echo": event,
        }
""")


@pytest.fixture
def sent() -> list[tuple[str, str, str, dict[str, str]]]:
    """(role, queue, body, attributes) of what functions put into queues."""
    return []


@pytest.fixture
def functions(tmp_path: Path, sent: list[Any]) -> Iterator[Functions]:
    (tmp_path / "app.py").write_text(HANDLER)
    (tmp_path / "broken.py").write_text("import no_such_module\n")
    host = Host(
        region="eu-west-1",
        account="123456789012",
        log_folder=tmp_path / "logs",
        endpoint="http://127.0.0.1:4566",
        credentials=lambda role, session: {"AWS_ACCESS_KEY_ID": f"key of {role}"},
        retry_seconds=0.01,
    )
    functions = Functions(
        host, lambda role, queue, body, attributes: sent.append((role, queue, body, {**attributes}))
    )
    functions.register(_spec(tmp_path, "worker"))
    yield functions
    functions.close()


def _spec(folder: Path, name: str, **changes: Any) -> FunctionSpec:
    settings: dict[str, Any] = {"handler": "app.handler", "timeout": 1, **changes}
    return FunctionSpec(name=name, code=folder, role_arn=ROLE, **settings)


def _invoke(functions: Functions, name: str, **event: Any) -> Any:
    return json.loads(functions.invoke(name, json.dumps(event).encode()).payload)


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_function_answers_what_its_handler_returns(functions: Functions) -> None:
    assert _invoke(functions, "worker", colour="red")["echo"] == {"colour": "red"}


def test_a_function_finds_the_environment_of_lambda(functions: Functions, tmp_path: Path) -> None:
    functions.register(_spec(tmp_path, "other", environment={"TABLE_NAME": "table"}, memory=512))
    environment = _invoke(functions, "other")["environment"]
    assert environment["TABLE_NAME"] == "table"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "other"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["AWS_ACCESS_KEY_ID"] == f"key of {ROLE}"
    assert "HOME" not in environment


def _is_running(pid: int) -> bool:
    """False for a zombie too: nobody may be there to bury it."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def test_an_idle_sandbox_is_used_again(functions: Functions) -> None:
    assert _invoke(functions, "worker")["pid"] == _invoke(functions, "worker")["pid"]


def test_concurrent_invocations_have_a_sandbox_each(functions: Functions) -> None:
    pids: list[int] = []
    threads = [
        threading.Thread(target=lambda: pids.append(_invoke(functions, "worker", sleep=0.3)["pid"]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 3


def test_an_error_of_the_handler_keeps_its_name(functions: Functions) -> None:
    outcome = functions.invoke("worker", b'{"fail": "try again"}')
    answer = json.loads(outcome.payload)
    assert outcome.error == answer["errorType"] == "Transient"
    assert answer["errorMessage"] == "try again"
    assert "app.py" in answer["stackTrace"][0]


def test_a_function_that_takes_too_long_is_killed_and_then_replaced(functions: Functions) -> None:
    first = _invoke(functions, "worker")["pid"]
    outcome = functions.invoke("worker", b'{"sleep": 30}')
    assert outcome.error == "Sandbox.Timedout"
    assert json.loads(outcome.payload)["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert _invoke(functions, "worker")["pid"] != first


def test_a_function_that_exits_is_reported_and_replaced(functions: Functions) -> None:
    outcome = functions.invoke("worker", b'{"exit": 3}')
    assert outcome.error == "Runtime.ExitError"
    assert "exit status 3" in json.loads(outcome.payload)["errorMessage"]
    assert _invoke(functions, "worker")["pid"]


def test_a_handler_that_cannot_be_imported_is_an_error_of_the_function(
    functions: Functions, tmp_path: Path
) -> None:
    functions.register(_spec(tmp_path, "broken", handler="broken.handler"))
    assert functions.invoke("broken", b"{}").error == "Runtime.ImportModuleError"


def test_an_alias_means_its_version_and_a_version_keeps_its_settings(
    functions: Functions, tmp_path: Path
) -> None:
    functions.register(_spec(tmp_path, "worker", environment={"COLOUR": "blue"}))
    version = functions.publish("worker")
    alias = functions.alias("worker", "live", "1")
    functions.register(_spec(tmp_path, "worker", environment={"COLOUR": "green"}))
    assert version.endswith(":function:worker:1")
    answer = _invoke(functions, alias)
    assert answer["arn"] == alias
    assert answer["environment"]["COLOUR"] == "blue"
    assert _invoke(functions, "worker")["environment"]["COLOUR"] == "green"


def test_an_unknown_function_or_version_is_refused_as_lambda_does(functions: Functions) -> None:
    for name in ("nobody", "worker:7", functions.arn("worker", "live")):
        with pytest.raises(FunctionNotFound, match="Function not found: arn:aws:lambda:eu-west-1"):
            functions.invoke(name, b"{}")


def test_reserved_concurrency_refuses_more(functions: Functions, tmp_path: Path) -> None:
    functions.register(_spec(tmp_path, "narrow", reserved_concurrency=1, timeout=10))
    busy = threading.Thread(target=lambda: _invoke(functions, "narrow", sleep=1))
    busy.start()
    time.sleep(0.3)
    with pytest.raises(TooManyRequests):
        functions.invoke("narrow", b"{}")
    busy.join()


def test_a_failing_event_is_tried_three_times_and_then_recorded(
    functions: Functions, sent: list[tuple[str, str, str, dict[str, str]]]
) -> None:
    functions.publish("worker")
    functions.alias("worker", "live", "1")
    functions.configure_async("worker", "live", AsyncSettings(on_failure_arn="arn:aws:sqs:::queue"))
    functions.invoke_async("worker:live", b'{"fail": "no"}')
    _until(lambda: sent)
    role, queue, body, _ = sent[0]
    record = json.loads(body)
    assert (role, queue) == (ROLE, "arn:aws:sqs:::queue")
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"] == {"fail": "no"}
    assert record["responsePayload"]["errorType"] == "Transient"
    assert functions.log_file("worker").read_text().count("START RequestId") == 3


def test_a_dead_letter_queue_gets_the_bare_event_and_why(
    functions: Functions, sent: list[tuple[str, str, str, dict[str, str]]]
) -> None:
    functions.configure_async("worker", "", AsyncSettings(retries=0, dead_letter_arn="arn:aws:sqs:::dead"))
    functions.invoke_async("worker", b'{"fail": "no"}')
    _until(lambda: sent)
    assert sent[0][2] == '{"fail": "no"}'
    assert sent[0][3]["ErrorMessage"] == "no"


def test_the_dead_letter_queue_is_the_function_s_also_where_its_alias_has_settings(
    functions: Functions, sent: list[tuple[str, str, str, dict[str, str]]]
) -> None:
    functions.publish("worker")
    functions.alias("worker", "live", "1")
    functions.configure_async("worker", "", AsyncSettings(dead_letter_arn="arn:aws:sqs:::dead"))
    functions.configure_async("worker", "live", AsyncSettings(retries=0))
    functions.invoke_async("worker:live", b'{"fail": "no"}')
    _until(lambda: sent)
    assert [(queue, body) for _, queue, body, _ in sent] == [("arn:aws:sqs:::dead", '{"fail": "no"}')]
    assert functions.log_file("worker").read_text().count("START RequestId") == 1


def test_a_function_s_policy_names_who_may_invoke_it_and_for_what(functions: Functions) -> None:
    arn = functions.arn("worker", "live")
    functions.permit(Permission(arn, "OnAlarm", "events.amazonaws.com", "arn:aws:events:::rule/on-*"))
    assert functions.permits(arn, "events.amazonaws.com", "arn:aws:events:::rule/on-alarm")
    assert not functions.permits(arn, "events.amazonaws.com", "arn:aws:events:::rule/sweep")
    assert not functions.permits(
        functions.arn("worker"), "events.amazonaws.com", "arn:aws:events:::rule/on-alarm"
    )


def test_a_revoked_statement_no_longer_permits(functions: Functions, tmp_path: Path) -> None:
    arn = functions.arn("worker")
    functions.permit(Permission("worker", "OnAlarm", "events.amazonaws.com", "*"))
    functions.revoke(arn, "OnAlarm")
    assert not functions.permits(arn, "events.amazonaws.com", "arn:aws:events:::rule/on-alarm")
    with pytest.raises(FunctionNotFound, match="Statement OnAlarm is not found"):
        functions.revoke(arn, "OnAlarm")


def test_a_reservation_of_nothing_refuses_every_invocation_until_it_is_lifted(functions: Functions) -> None:
    _invoke(functions, "worker")
    functions.reserve("worker", 0)
    with pytest.raises(TooManyRequests):
        functions.invoke("worker", b"{}")
    functions.reserve("worker", None)
    assert _invoke(functions, "worker")["echo"] == {}


def test_ctrl_c_in_the_terminal_does_not_reach_the_children(functions: Functions) -> None:
    assert _invoke(functions, "worker")["session"] != os.getsid(0)


def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from signalbox_local.functions import Functions, FunctionSpec, Host
        folder = Path({str(tmp_path)!r})
        functions = Functions(Host("eu-west-1", "123456789012", folder, "", lambda role, name: {{}}))
        functions.register(FunctionSpec("worker", folder, "app.handler", "role"))
        print(functions.invoke("worker", b"{{}}").payload.decode(), flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = json.loads(parent.stdout.readline())["pid"]
        parent.send_signal(signal.SIGKILL)
    _until(lambda: not _is_running(child))


def test_nothing_is_left_running_after_close(functions: Functions) -> None:
    pid = _invoke(functions, "worker")["pid"]
    functions.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
