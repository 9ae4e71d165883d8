"""Sandboxes are forked from a template, and nobody can tell."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from signalbox_local import sandbox_template
from signalbox_local.functions import Functions, FunctionSpec, Host
from signalbox_local.sandbox import LaunchFailed
from signalbox_local.sandbox_processes import is_read_early

HANDLER = textwrap.dedent("""
    import os, random, signal, sys, threading, time

    LOADED = sorted(sys.modules)
    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)

    def handler(event, context):
        if "die" in event:
            os.kill(os.getpid(), event["die"])
        time.sleep(event.get("sleep", 0))
        return {
            "pid": os.getpid(), "template": os.getppid(), "chance": random.random(), "loaded": LOADED,
            "standing": {
                "session": os.getsid(0) == os.getpid(), "folder": os.getcwd(), "path": sys.path,
                "arguments": sys.argv, "zone": time.tzname, "environment": sorted(os.environ),
                "threads": threading.active_count(), "signals": [str(signal.getsignal(n)) for n in SIGNALS],
                "streams": [(s.encoding, s.errors, s.line_buffering) for s in (sys.stdout, sys.stderr)],
                "input": sys.stdin.encoding,
            },
            "environment": dict(os.environ),
        }
""")


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Functions]:
    (tmp_path / "app.py").write_text(HANDLER)
    host = Host("eu-west-1", "123456789012", tmp_path / "logs", "", lambda role, session: {})
    functions = Functions(host)
    functions.register(_spec(tmp_path, "worker"))
    yield functions
    functions.close()


def _spec(folder: Path, name: str, *layers: Path, **environment: str) -> FunctionSpec:
    return FunctionSpec(name, folder, "app.handler", "role", environment, layers, timeout=10)


def _invoke(functions: Functions, name: str, **event: Any) -> Any:
    return json.loads(functions.invoke(name, json.dumps(event).encode()).payload)


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _state(pid: int) -> str:
    """As `ps` tells it: empty when there is no such process, Z when nobody has buried it."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _runs(pid: int) -> bool:
    return _state(pid)[:1] not in ("", "Z")


def test_a_forked_sandbox_stands_as_one_with_an_interpreter_of_its_own(
    functions: Functions, tmp_path: Path
) -> None:
    functions.register(_spec(tmp_path, "own", PYTHONNOUSERSITE="1"))
    forked, own = _invoke(functions, "worker"), _invoke(functions, "own")
    # The second is the interpreter's own, where the locale is not installed.
    own["standing"]["environment"] = sorted({*own["environment"]} - {"PYTHONNOUSERSITE", "LC_CTYPE"})
    assert forked["standing"] == own["standing"]
    assert "boto3" in set(forked["loaded"]) - set(own["loaded"])
    assert set(own["loaded"]) - set(forked["loaded"]) == set()


def test_a_sandbox_finds_its_own_environment_and_no_other(
    functions: Functions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the runtime")
    functions.register(_spec(tmp_path, "red", COLOUR="red"))
    functions.register(_spec(tmp_path, "blue", HUE="blue", TZ="Asia/Tokyo"))
    red, blue = (_invoke(functions, name)["environment"] for name in ("red", "blue"))
    assert (red["COLOUR"], red["TZ"], blue["HUE"], blue["TZ"]) == ("red", ":UTC", "blue", "Asia/Tokyo")
    assert "SECRET" not in red
    assert {*red} - {*blue} == {"COLOUR"}
    assert {*blue} - {*red} == {"HUE"}
    assert _invoke(functions, "blue")["standing"]["zone"] == ["JST", "JST"]


def test_every_sandbox_imports_the_handler_anew(functions: Functions, tmp_path: Path) -> None:
    _invoke(functions, "worker")
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 'another'\n")
    functions.register(_spec(tmp_path, "later"))
    assert _invoke(functions, "later") == "another"


def test_what_a_function_brings_along_goes_before_what_is_loaded(
    functions: Functions, tmp_path: Path
) -> None:
    (tmp_path / "msgspec.py").write_text("OWN = True\n")
    (tmp_path / "app.py").write_text("import msgspec\ndef handler(event, context):\n    return msgspec.OWN\n")
    assert _invoke(functions, "worker") is True


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer with a module that says which process has loaded it, and one that cannot be loaded."""
    folder = tmp_path / "layer"
    (folder / "shared").mkdir(parents=True)
    (folder / "shared" / "__init__.py").write_text("import os\nLOADED_BY = os.getpid()\n")
    (folder / "shared" / "broken.py").write_text("import nothing_of_that_name\n")
    return folder


LOADED_BY = textwrap.dedent("""
    import os, shared

    def handler(event, context):
        return {"loaded_by": shared.LOADED_BY, "pid": os.getpid(), "template": os.getppid()}
""")


def test_a_layer_is_loaded_once_for_all_functions_that_have_it(
    functions: Functions, tmp_path: Path, layer: Path
) -> None:
    (tmp_path / "app.py").write_text(LOADED_BY)
    for name in ("one", "other"):
        functions.register(_spec(tmp_path, name, layer))
    one, other = _invoke(functions, "one"), _invoke(functions, "other")
    assert one["loaded_by"] == other["loaded_by"] == one["template"] == other["template"]
    assert one["pid"] != other["pid"]


def test_a_function_without_the_layer_does_not_find_what_is_in_it(
    functions: Functions, tmp_path: Path, layer: Path
) -> None:
    (tmp_path / "app.py").write_text(LOADED_BY)
    functions.register(_spec(tmp_path, "with", layer))
    functions.register(_spec(tmp_path, "without"))
    assert _invoke(functions, "with")["loaded_by"]
    assert _invoke(functions, "without")["errorType"] == "Runtime.ImportModuleError"


def test_what_a_function_brings_along_goes_before_what_is_in_its_layer(
    functions: Functions, tmp_path: Path, layer: Path
) -> None:
    (tmp_path / "app.py").write_text(LOADED_BY)
    own = tmp_path / "own"
    own.mkdir()
    (own / "app.py").write_text("import shared\ndef handler(event, context):\n    return shared.OWN\n")
    (own / "shared.py").write_text("OWN = 'its own'\n")
    functions.register(_spec(tmp_path, "plain", layer))
    functions.register(_spec(own, "own", layer))
    assert _invoke(functions, "plain")["loaded_by"]
    assert _invoke(functions, "own") == "its own"


def test_a_module_of_a_layer_that_cannot_be_loaded_fails_who_imports_it(
    functions: Functions, tmp_path: Path, layer: Path
) -> None:
    (tmp_path / "app.py").write_text("import shared.broken\n")
    functions.register(_spec(tmp_path, "worker", layer))
    answer = _invoke(functions, "worker")
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_of_that_name" in answer["errorMessage"]


def test_sandboxes_draw_different_lots(functions: Functions, tmp_path: Path) -> None:
    functions.register(_spec(tmp_path, "other"))
    assert _invoke(functions, "worker")["chance"] != _invoke(functions, "other")["chance"]


def test_the_template_reads_no_variable_of_a_sandbox_unknown_to_us_and_has_one_thread() -> None:
    script = textwrap.dedent("""
        import os, sys, threading
        read, real = set(), os._Environ.__getitem__
        def spied(environment, name):
            read.add(name)
            return real(environment, name)
        os._Environ.__getitem__ = spied
        from signalbox_local.sandbox_template import preload
        preload(["layers/core"])
        assert "signalbox.wiring" in sys.modules
        tasks = "/proc/self/task"
        assert threading.active_count() == 1
        assert not os.path.isdir(tasks) or len(os.listdir(tasks)) == 1
        print(*read)
    """)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert not ran.stderr
    assert [name for name in ran.stdout.split() if not is_read_early(name)] == []


def test_a_sandbox_makes_a_client_without_reading_what_describes_it(
    functions: Functions, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(
        textwrap.dedent("""
            import sys
            import boto3

            OPENED = []
            sys.addaudithook(lambda event, given: OPENED.append(str(given[0])) if event == "open" else None)

            def handler(event, context):
                for service in event["services"]:
                    boto3.client(service, region_name="eu-west-1")
                return [path for path in OPENED if "/botocore/data/" in path]
        """)
    )
    assert _invoke(functions, "worker", services=sandbox_template.MODELS) == []
    assert any("/sqs/" in path for path in _invoke(functions, "worker", services=["sqs"]))


def test_a_signal_that_ends_a_function_is_told(functions: Functions) -> None:
    answer = _invoke(functions, "worker", die=signal.SIGSEGV)
    assert answer["errorMessage"].endswith(f"Runtime exited with error: signal: {int(signal.SIGSEGV)}")


def test_an_ended_sandbox_is_buried(functions: Functions) -> None:
    pid = _invoke(functions, "worker")["pid"]
    _invoke(functions, "worker", die=signal.SIGKILL)
    assert _state(pid) == ""


def test_sandboxes_outlive_their_template_and_the_next_one_has_another(
    functions: Functions, tmp_path: Path
) -> None:
    first = _invoke(functions, "worker")
    os.kill(first["template"], signal.SIGKILL)
    functions.register(_spec(tmp_path, "other"))
    second = _invoke(functions, "other")
    assert second["template"] != first["template"]
    assert _invoke(functions, "worker")["pid"] == first["pid"]
    answer = _invoke(functions, "worker", die=signal.SIGKILL)
    assert answer["errorMessage"].endswith("exit status unknown")
    assert _invoke(functions, "worker")["template"] == second["template"]


def test_after_close_nothing_runs_even_when_the_template_was_dead(functions: Functions) -> None:
    answer = _invoke(functions, "worker")
    os.kill(answer["template"], signal.SIGKILL)
    functions.close()
    assert not _runs(answer["pid"])
    assert _state(answer["template"]) == ""


def test_the_template_ends_with_the_functions(functions: Functions) -> None:
    template = _invoke(functions, "worker")["template"]
    functions.close()
    assert _state(template) == ""


@pytest.mark.parametrize("hold", [0, 60], ids=["idle", "busy"])
def test_neither_template_nor_child_outlives_a_killed_runtime(tmp_path: Path, hold: int) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from signalbox_local.functions import Functions, FunctionSpec, Host
        folder = Path({str(tmp_path)!r})
        functions = Functions(Host("eu-west-1", "123456789012", folder, "", lambda role, name: {{}}))
        functions.register(FunctionSpec("worker", folder, "app.handler", "role", timeout=60))
        print(functions.invoke("worker", b"{{}}").payload.decode(), flush=True)
        functions.invoke("worker", b'{{"sleep": {hold}}}')
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as runtime:
        assert runtime.stdout
        answer = json.loads(runtime.stdout.readline())
        time.sleep(0.1)
        runtime.kill()
    _until(lambda: not _runs(answer["pid"]) and not _runs(answer["template"]))


def test_a_function_whose_code_is_not_there_cannot_be_started(functions: Functions, tmp_path: Path) -> None:
    functions.register(_spec(tmp_path / "nowhere", "lost"))
    with pytest.raises(LaunchFailed, match="lost could not be started: .*No such file or directory"):
        functions.invoke("lost", b"{}")
    assert _invoke(functions, "worker")["pid"]


def test_without_a_template_nothing_can_be_started(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/no/such/python")
        with pytest.raises(LaunchFailed, match="No such file or directory"):
            functions.invoke("worker", b"{}")
    with monkeypatch.context() as patch:
        patch.setattr(sandbox_template, "__file__", "/no/such/script.py")
        with pytest.raises(LaunchFailed, match="the template of the sandboxes has died"):
            functions.invoke("worker", b"{}")
    assert _invoke(functions, "worker")["pid"]
