"""An embedded AWS of one's own: a process in a temporary folder, ended whatever happens."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.credentials import Credentials

from signalbox_cli.client import ApiClient
from signalbox_local.state_file import FOLDER, StateFolder

READY_SECONDS = 60.0
STOPPING_SECONDS = 20.0
CONTROL_SECONDS = 30.0
# `signalbox local up`, which ends when its standard input does: that is, however its parent dies.
_UP = """
import os, signal, sys, threading
def end_with_parent():
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end_with_parent, daemon=True).start()
from signalbox_cli.main import main
sys.argv[1:] = ["local", "up", *sys.argv[1:]]
main()
"""
_ANY_PORT = {"SIGNALBOX_API_PORT": "0", "SIGNALBOX_AWS_PORT": "0"}


class CannotStart(Exception):
    """Why the embedded AWS is not there, in its own words."""


class EmbeddedAws:
    """The endpoints and keys that its state file tells."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        keys = state["admin"]
        self._make: Any = boto3.Session(
            keys["access_key_id"], keys["secret_access_key"], region_name=state["region"]
        ).client
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A boto3 client of the user who may do all."""
        if service not in self._clients:
            self._clients[service] = self._make(service, endpoint_url=self.state["aws_endpoint"])
        return self._clients[service]

    def control(self, path: str, body: object = None) -> Any:
        """One of the runtime's own paths: GET without a body, else POST."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.state['aws_endpoint']}/_signalbox/{path}"
        with urlopen(Request(url, data=data), timeout=CONTROL_SECONDS) as answer:
            return json.load(answer)

    def api(self, caller: str) -> ApiClient:
        """The API as one of the callers: viewer, deployer, approver, operator."""
        keys = self.state["callers"][caller]
        credentials = Credentials(keys["access_key_id"], keys["secret_access_key"])
        return ApiClient(self.state["api_url"], self.state["region"], credentials, self.state["api_key"])


def keep_to_this_machine() -> None:
    """No profile, key or proxy of the user may stand between this process and its own AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true"
    )
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


def new_folder(purpose: str) -> Path:
    """Where the runtime keeps its state and logs."""
    return Path(tempfile.mkdtemp(prefix=f"signalbox-{purpose}-"))


def remove(folder: Path) -> None:
    """Forget the state and the logs."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def runtime(folder: Path, pace: Mapping[str, str], *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Its process: started when entered, gone when left. `pace` are `SIGNALBOX_LOCAL_…` variables, `options`
    those of `signalbox local up`."""
    with (folder / "output").open("wb") as output:
        # A session of its own: Ctrl-C in the terminal is for its parent, which ends the runtime itself.
        process = subprocess.Popen(
            [sys.executable, "-c", _UP, *options],
            cwd=folder,
            env={**os.environ, **_ANY_PORT, **pace},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def await_ready(process: subprocess.Popen[bytes], folder: Path) -> EmbeddedAws:
    """Returns when every endpoint answers; raises CannotStart."""
    files = StateFolder(folder / FOLDER)
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        state = files.read()
        if state is not None:
            return EmbeddedAws(state)
        time.sleep(0.05)
    told = (folder / "output").read_text(errors="replace").strip()
    raise CannotStart(f"the embedded AWS did not start: {told[-2000:] or 'it said nothing'}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """A second Ctrl-C must not leave a process behind."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.terminate()
    try:
        process.wait(STOPPING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        if process.stdin:
            process.stdin.close()
        signal.signal(signal.SIGINT, before)
