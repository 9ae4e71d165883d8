"""`make demo`, as somebody without a terminal runs it: what it prints, what it exits with, what stays."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.processes import living_in

COMMAND = [sys.executable, "-m", "signalbox_local.demo"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder of its own for what it leaves, and what must not reach it."""
    foreign = {"AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "FORCE_COLOR": ""}
    return {**os.environ, **foreign, "TMPDIR": str(tmp_path), "COLUMNS": "100"}


@pytest.mark.timeout(150)
def test_all_end_as_told_and_every_check_holds(environment: dict[str, str], tmp_path: Path) -> None:
    began = time.monotonic()
    demo = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False)
    story = demo.stdout
    assert (demo.returncode, demo.stderr) == (0, ""), story
    assert time.monotonic() - began < 120
    told = re.sub(r"(?m)^\d\d:\d\d:\d\d  ", "", re.sub(" +", " ", story))
    for line in (
        "A good version, by canary",
        "Step Started 3/4 replace 100 % in batches of 50 %",
        "traffic stable 80 %, candidate 20 %",
        "Rollout Succeeded ami-",
        "A bad version, by blue/green",
        "traffic stable 0 %, candidate 100 %",
        "guard checkout-5xx: in alarm",
        "Rollout Rolled Back alarm checkout-5xx is in ALARM",
        "after the first bad answer",
        "The same bad version, all at once, by hand",
        "somebody notices and brings the old version back",
        "Who was hurt",
    ):
        assert line in told, (line, story)
    assert story.count("✓") == 32
    assert "✗" not in story
    assert "\x1b" not in story
    good, bad, by_hand = map(
        float, re.findall(r"([\d.]+) %", told[told.index("users hurt") :].splitlines()[0])
    )
    assert good <= bad < by_hand
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def begun(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo whose runtime is up."""
    with subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        while "ready after" not in demo.stdout.readline():
            assert demo.poll() is None
        assert living_in(tmp_path)
        yield demo
        demo.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_however_it_is_stopped_no_process_stays(
    begun: subprocess.Popen[str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    begun.send_signal(number)
    assert begun.wait(20) == code
    deadline = time.monotonic() + 10
    while living_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert living_in(tmp_path) == []


def test_a_runtime_that_cannot_start_is_told_with_its_reason(
    environment: dict[str, str], tmp_path: Path
) -> None:
    broken = {**environment, "SIGNALBOX_LOCAL_RETRY_SECONDS": "soon"}
    demo = subprocess.run(COMMAND, env=broken, capture_output=True, text=True, check=False)
    assert demo.returncode == 1
    assert "The demo failed: the embedded AWS did not start" in demo.stdout
    assert "soon" in demo.stdout
    assert f"is in {tmp_path}/signalbox-demo-" in demo.stdout
