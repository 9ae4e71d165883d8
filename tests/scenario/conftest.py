"""The embedded AWS as a user starts it: one process per worker, spoken to over HTTP only."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.scenario.world import World

READY_SECONDS = 60
# Instances boot quickly, and health checks pass or fail at once: that is not what the stories are about.
ENVIRONMENT = {
    "SIGNALBOX_API_PORT": "0",
    "SIGNALBOX_AWS_PORT": "0",
    "SIGNALBOX_LOCAL_BOOT_SECONDS": "0.4",
    "SIGNALBOX_LOCAL_HEALTH_SPEEDUP": "1000",
    "SIGNALBOX_LOCAL_TRAFFIC": "off",
}


# A shell has what it runs in the background ignore Ctrl-C, and all that this starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Zones are made by the stories.
ZONES = ("--parameter", "HostedZoneArns=arn:aws:route53:::hostedzone/*")


@dataclass(frozen=True)
class Caller:
    """An IAM user of the local account."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True)
class LocalRuntime:
    """Where the embedded AWS listens, and who may call."""

    folder: Path
    api_url: str
    api_key: str
    aws_endpoint: str
    region: str
    account: str
    admin: Caller
    callers: dict[str, Caller]

    def aws(self, service: Any, caller: Caller | None = None) -> Any:
        """A boto3 client with the keys of a caller, else of the user who may do all."""
        return _client(service, caller or self.admin, self.region, self.aws_endpoint)


@cache
def _client(service: Any, who: Caller, region: str, endpoint: str) -> Any:
    session = boto3.Session(who.access_key_id, who.secret_access_key, region_name=region)
    return session.client(service, endpoint_url=endpoint)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRuntime]:
    """One for all scenarios of a worker; each scenario makes an estate of its own."""
    with serving(tmp_path_factory.mktemp("runtime"), *ZONES) as served:
        yield served


@contextmanager
def serving(folder: Path, *options: str, **variables: str) -> Iterator[LocalRuntime]:
    """A runtime in that folder, until the end of the block; options and variables are its own."""
    environment = {**os.environ, **ENVIRONMENT, **variables}
    command = [sys.executable, "-m", "signalbox_cli.main", "local", "up", *options]
    with (
        (folder / "output").open("w") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            yield _ready(process, folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(READY_SECONDS)


def _ready(process: subprocess.Popen[bytes], folder: Path) -> LocalRuntime:
    state_file = folder / ".signalbox" / "local.json"
    deadline = time.monotonic() + READY_SECONDS
    while not state_file.exists():
        alive = process.poll() is None and time.monotonic() < deadline
        assert alive, (folder / "output").read_text()
        time.sleep(0.05)
    state = json.loads(state_file.read_text())
    admin = Caller(**state.pop("admin"))
    callers = {name: Caller(**keys) for name, keys in state.pop("callers").items()}
    return LocalRuntime(folder=folder, admin=admin, callers=callers, **state)


@pytest.fixture
def world(runtime: LocalRuntime) -> World:
    """The runtime, as a story sees it."""
    return World(runtime)
