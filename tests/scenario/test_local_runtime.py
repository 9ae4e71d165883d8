"""`signalbox local`: its life from the outside."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.conftest import LocalRuntime

COMMAND = [sys.executable, "-m", "signalbox_cli.main", "local"]


def _signalbox(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**os.environ, "SIGNALBOX_API_PORT": "0", "SIGNALBOX_AWS_PORT": "0", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_it_writes_is_the_user_s_alone(runtime: LocalRuntime) -> None:
    mode = (runtime.folder / ".signalbox" / "local.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_second_one_says_that_one_runs_and_where(runtime: LocalRuntime) -> None:
    second = _signalbox(runtime.folder, "up")
    assert second.returncode == 1
    assert "runs here already" in second.stderr
    assert runtime.api_url in second.stderr


def test_status_tells_where_it_listens_and_what_it_has(runtime: LocalRuntime) -> None:
    told = _signalbox(runtime.folder, "status").stdout
    assert runtime.api_url in told
    assert runtime.aws_endpoint in told
    assert "signalbox-OnAlarmFunction" in told
    assert "open executions" in told


def test_a_busy_port_is_named_with_its_variable(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = _signalbox(tmp_path, "up", SIGNALBOX_AWS_PORT=str(port))
    assert refused.returncode == 1
    assert f"port {port} is in use" in refused.stderr
    assert "SIGNALBOX_AWS_PORT" in refused.stderr


def test_without_one_the_other_commands_say_so(tmp_path: Path) -> None:
    assert _signalbox(tmp_path, "status").returncode == 1
    assert "no local runtime runs here" in _signalbox(tmp_path, "down").stdout


@pytest.fixture
def own(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A runtime of the test's own, in a folder where a dead one has left its file."""
    (tmp_path / ".signalbox").mkdir()
    (tmp_path / ".signalbox" / "local.json").write_text('{"api_url": "http://127.0.0.1:1"}')
    environment = {**os.environ, "SIGNALBOX_API_PORT": "0", "SIGNALBOX_AWS_PORT": "0"}
    with subprocess.Popen([*COMMAND, "up"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        while b"ready" not in process.stdout.readline():
            assert process.poll() is None
        yield process
        process.kill()


def test_down_returns_when_every_process_is_gone(own: subprocess.Popen[bytes], tmp_path: Path) -> None:
    children = _children(own.pid)
    assert _signalbox(tmp_path, "down").stdout == "stopped\n"
    assert own.wait(1) == 0
    assert not (tmp_path / ".signalbox" / "local.json").exists()
    assert children
    assert not [pid for pid in children if _is_running(pid)]


def test_ctrl_c_leaves_nothing_behind(own: subprocess.Popen[bytes], tmp_path: Path) -> None:
    children = _children(own.pid)
    own.send_signal(signal.SIGINT)
    assert own.wait(20) == 0
    assert not (tmp_path / ".signalbox" / "local.json").exists()
    assert not [pid for pid in children if _is_running(pid)]


def _children(pid: int) -> list[int]:
    """Those that are there once the first function has been warmed."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
        )
        if listed.stdout.split():
            return [int(word) for word in listed.stdout.split()]
        time.sleep(0.1)
    return []


def _is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")
