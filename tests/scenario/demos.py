"""A demo, as somebody without a terminal runs it: by itself, with a folder of its own for what it leaves."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.scenario.processes import living_in

ENDING = 10  # seconds after which nothing may run any more


def surroundings(folder: Path) -> dict[str, str]:
    """Its environment, with what must not reach it."""
    foreign = {"AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "FORCE_COLOR": ""}
    return {**os.environ, **foreign, "TMPDIR": str(folder), "COLUMNS": "110"}


def command_of(demo: str) -> list[str]:
    """What the target of the Makefile runs."""
    return [sys.executable, "-m", f"signalbox_local.{demo}"]


def played(demo: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """To its end."""
    return subprocess.run(command_of(demo), env=environment, capture_output=True, text=True, check=False)


@contextmanager
def begun(demo: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Its runtime is up."""
    command, folder = command_of(demo), Path(environment["TMPDIR"])
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "ready after" not in process.stdout.readline():
            assert process.poll() is None
        assert living_in(folder)
        yield process
        process.kill()


def nothing_lives_in(folder: Path) -> bool:
    """After a while."""
    deadline = time.monotonic() + ENDING
    while living_in(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not living_in(folder)
