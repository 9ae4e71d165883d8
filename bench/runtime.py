"""A runtime of its own for one run, and what is asked of it."""

import json
import os
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

PATIENCE = 60  # seconds


class Runtime:
    """The API, AWS, and the record of every call."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.state = state
        keys = state["admin"]
        self._session = boto3.Session(
            keys["access_key_id"], keys["secret_access_key"], region_name=state["region"]
        )
        operator = state["callers"]["operator"]
        credentials = Credentials(operator["access_key_id"], operator["secret_access_key"])
        self.api = ApiClient(state["api_url"], state["region"], credentials, state["api_key"])

    def aws(self, service: Any) -> Any:
        """A client of the service's owner."""
        return self._session.client(service, endpoint_url=self.state["aws_endpoint"])

    def calls(self, since: int) -> list[dict[str, Any]]:
        """Every AWS call after that sequence."""
        return list(self.control(f"calls?since={since}")["calls"])

    def control(self, path: str, body: object = None) -> Any:
        """A control path of the local runtime."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.state['aws_endpoint']}/_signalbox/{path}"
        with urlopen(Request(url, data=data), timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def last_call(self) -> int:
        """The sequence of the latest call."""
        found = self.calls(0)
        return int(found[-1]["sequence"]) if found else 0

    def rollout(self, service: str, rollout_id: str) -> dict[str, Any]:
        """A rollout as read."""
        return dict(self.api.request("GET", f"/services/{service}/rollouts/{rollout_id}").body)

    def start(self, service: str, version: str, **body: object) -> str:
        """The id of a new rollout."""
        path = f"/services/{service}/rollouts"
        answer = self.api.request("POST", path, {"version": version, **body})
        if not answer.is_ok:
            raise RuntimeError(str(answer.body))
        return str(answer.body["rollout_id"])

    def until(self, service: str, rollout_id: str, *phases: str, hold: str | None = None) -> dict[str, Any]:
        """The rollout when it is in one of the phases and, if named, in that kind of hold."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.rollout(service, rollout_id)
            if found["phase"] in phases and (hold is None or (found["hold"] or {}).get("kind") == hold):
                return found
            time.sleep(0.05)
        raise TimeoutError(str(found))


@contextmanager
def own_runtime() -> Iterator[Runtime]:
    """Started for this run: instances boot and turn healthy at once: only Signalbox takes time."""
    environment = {
        **os.environ,
        "SIGNALBOX_API_PORT": "0",
        "SIGNALBOX_AWS_PORT": "0",
        "SIGNALBOX_LOCAL_BOOT_SECONDS": "0",
        "SIGNALBOX_LOCAL_HEALTH_SPEEDUP": "1000",
    }
    command = [sys.executable, "-m", "signalbox_cli.main", "local", "up"]
    with (
        tempfile.TemporaryDirectory() as folder,
        (Path(folder) / "output").open("w") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            yield Runtime(_state(Path(folder), process))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def _state(folder: Path, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    file = folder / ".signalbox" / "local.json"
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "output").read_text())
        time.sleep(0.05)
    return dict(json.loads(file.read_text()))
