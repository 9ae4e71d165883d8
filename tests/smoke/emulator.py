"""An emulator of AWS that shares no code with our local runtime, in an environment of its own."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3
import requests

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
KEY = "testing"  # id and secret: the emulator believes any
_SECONDS_TO_START = 30


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """The address of a fresh emulator; its processes are gone at the end. `folder` takes its files."""
    subprocess.run(["make", ".venv-ministack/.installed"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [
                ROOT / ".venv-ministack/bin/python",
                Path(__file__).with_name("ministack_extended.py"),
            ],
            cwd=folder,
            env=_environment(folder, port),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_answer(address)
        yield address
    finally:
        _end_all(process)


def session_environment(address: str) -> dict[str, str]:
    """What a tool needs to take the emulator for AWS."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_DEFAULT_REGION": REGION,
        "SAM_CLI_TELEMETRY": "0",
    }


def session() -> boto3.Session:
    """Who the emulator takes its caller for."""
    return boto3.Session(aws_access_key_id=KEY, aws_secret_access_key=KEY, region_name=REGION)


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": REGION,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_answer(address: str) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):
            requests.get(f"{address}/_ministack/health", timeout=2)
            return
        time.sleep(0.1)
    raise TimeoutError(f"the emulator did not answer at {address}")


def _end_all(process: subprocess.Popen[bytes]) -> None:
    # Its workers are children that outlive it: the whole group goes.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
