"""`make demo`, as somebody without a terminal runs it: what it prints, what it exits with, what stays."""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.scenario.demos import begun, nothing_lives_in, played, surroundings


@pytest.mark.timeout(150)
def test_all_end_as_told_and_every_check_holds(tmp_path: Path) -> None:
    demo = played("demo", surroundings(tmp_path))
    story = demo.stdout
    assert (demo.returncode, demo.stderr) == (0, ""), story
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
    assert story.count("✓") == 34
    assert "✗" not in story
    assert "\x1b" not in story
    good, bad, by_hand = map(
        float, re.findall(r"([\d.]+) %", told[told.index("users hurt") :].splitlines()[0])
    )
    assert good <= bad < by_hand
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("name", "number", "code"),
    [
        ("demo", signal.SIGINT, 130),
        ("demo", signal.SIGTERM, 130),
        ("demo", signal.SIGKILL, -signal.SIGKILL),
        ("demo_fleet", signal.SIGINT, 130),
        ("demo_compliance", signal.SIGINT, 130),
    ],
)
def test_however_it_is_stopped_no_process_stays(
    tmp_path: Path, name: str, number: signal.Signals, code: int
) -> None:
    with begun(name, surroundings(tmp_path)) as demo:
        demo.send_signal(number)
        assert demo.wait(20) == code
    assert nothing_lives_in(tmp_path)


def test_a_runtime_that_cannot_start_is_told_with_its_reason(tmp_path: Path) -> None:
    demo = played("demo", {**surroundings(tmp_path), "SIGNALBOX_LOCAL_RETRY_SECONDS": "soon"})
    assert demo.returncode == 1
    assert "The demo failed: the embedded AWS did not start" in demo.stdout
    assert "soon" in demo.stdout
    assert f"is in {tmp_path}/signalbox-demo-" in demo.stdout
