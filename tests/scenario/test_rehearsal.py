"""`signalbox rehearse`, as a pipeline runs it: what it answers, what it exits with, what stays."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from tests.scenario.processes import living_in

ROOT = Path(__file__).resolve().parents[2]
SERVICE, BAD = ROOT / "examples/service.yaml", ROOT / "worlds/five-percent-errors.yaml"
COMMAND = [sys.executable, "-m", "signalbox_cli.main", "rehearse"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars",
)  # fmt: skip
WIDE, HIGH = 1100, 2400


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder of its own for what it leaves, and what must not reach it."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    foreign = {"AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "FORCE_COLOR": ""}
    return {**os.environ, **foreign, "TMPDIR": str(temporary), "COLUMNS": "100"}


def rehearse(environment: dict[str, str], *options: str) -> "subprocess.CompletedProcess[str]":
    """To its end."""
    return subprocess.run([*COMMAND, *options], env=environment, capture_output=True, text=True, check=False)


def screenshot(page: Path, folder: Path) -> Any:
    """The page as pixels: rows of columns of red, green and blue, 0 to 1."""
    picture = folder / "page.png"
    look = [
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={WIDE},{HIGH}",
        f"--screenshot={picture}",
    ]
    subprocess.run([str(CHROMIUM), *QUIET, *look, page.as_uri()], capture_output=True, check=True, timeout=60)
    return imread(picture)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple["subprocess.CompletedProcess[str]", Path]:
    """A bad version by two presets, and by one that the service's floor leaves no room for; with a page."""
    folder = tmp_path_factory.mktemp("rehearsal")
    page, full = folder / "out.html", tmp_path_factory.mktemp("service") / "service.yaml"
    full.write_text(SERVICE.read_text().replace("min_healthy_percent: 75", "min_healthy_percent: 100"))
    options = ["-f", str(full), "-w", str(BAD), "--compare", "rolling,canary,blue-green", "--speed", "40"]
    environment = {**os.environ, "TMPDIR": str(folder), "COLUMNS": "100", "FORCE_COLOR": ""}
    return rehearse(environment, *options, "--report", str(page), "-o", "json"), page


@pytest.mark.timeout(180)
def test_a_comparison_answers_with_figures_for_machines(
    compared: tuple["subprocess.CompletedProcess[str]", Path],
) -> None:
    ran, page = compared
    assert ran.returncode == 2, ran.stderr  # the highest of all
    assert "leave no room above the floor" in ran.stderr
    found = json.loads(ran.stdout)["rehearsals"]
    assert [(one["strategy"], one["phase"], one["exit_code"]) for one in found] == [
        ("canary", "rolled_back", 1),
        ("blue-green", "rolled_back", 1),
    ]
    canary, blue_green = found
    assert [check["told"] for one in found for check in one["checks"] if not check["holds"]] == []
    assert (canary["seed"], blue_green["seed"], canary["speed"]) == (5, 5, 40)
    assert canary["blast"]["failed"] < blue_green["blast"]["failed"]
    assert blue_green["effort"]["transitions"] > 10
    assert 0 < blue_green["bill"]["control_plane"] < 0.01
    assert (
        blue_green["clocks"]["detected"] <= blue_green["clocks"]["acted"] <= blue_green["clocks"]["restored"]
    )
    assert "Side by side" in ran.stderr
    assert "\x1b" not in ran.stderr
    kept = [path for path in page.parent.iterdir() if path != page]
    assert [f"{path}/.signalbox/logs" in ran.stderr for path in kept] == [True]  # of the one that was refused


@pytest.mark.timeout(180)
def test_its_page_can_be_seen_in_a_browser(
    compared: tuple["subprocess.CompletedProcess[str]", Path], tmp_path: Path
) -> None:
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine: the page is not looked at")
    picture = screenshot(compared[1], tmp_path)
    assert picture.shape[:2] == (HIGH, WIDE)
    inside = picture[:, 60:-60, :3]
    assert float(inside.std()) > 0.05
    # What is drawn in the candidate's and stable's colours: the plots are there.
    for red, green, blue in ((176, 57, 154), (47, 111, 208)):
        near = abs(inside * 255 - (red, green, blue)).max(axis=2) < 60
        assert int(near.sum()) > 5_000
    margins = picture[:, -20:, :3]
    assert float(margins.min()) > 0.98, "something sticks out on the right"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-f", str(SERVICE), "-w", "nowhere.yaml"), "nowhere.yaml: No such file or directory"),
        (("-f", "nowhere.yaml", "-w", str(BAD)), "nowhere.yaml: No such file or directory"),
        (("-f", str(SERVICE), "-w", str(SERVICE)), "title: Field required"),
        (("-f", str(BAD), "-w", str(BAD)), "name: Field required"),
        (("-f", str(SERVICE), "-w", str(BAD), "--version", "v9"), "it has: stable, candidate"),
        (("-f", str(SERVICE), "-w", str(BAD), "--compare", "canary,yolo"), "there is no preset 'yolo'"),
        (("-f", str(SERVICE), "-w", str(BAD), "--report", "/nowhere/out.html"), "there is no such folder"),
        (("-f", str(SERVICE), "-w", str(BAD), "--speed", "0"), "--speed"),
        (("-f", str(SERVICE)), "--world"),
    ],
)
def test_what_cannot_be_rehearsed_is_told_and_nothing_is_started(
    options: tuple[str, ...], told: str, environment: dict[str, str]
) -> None:
    ran = rehearse(environment, *options)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(Path(environment["TMPDIR"]).iterdir()) == []


def test_what_a_hostile_file_says_cannot_steer_the_terminal(
    environment: dict[str, str], tmp_path: Path
) -> None:
    hostile = tmp_path / "world.yaml"
    hostile.write_text(BAD.read_text("utf-8") + '"\\e[2J[bold]x": 1\n', "utf-8")
    ran = rehearse(environment, "-f", str(SERVICE), "-w", str(hostile))
    assert ran.returncode == 2
    assert "[2J[bold]x: Extra inputs are not permitted" in ran.stderr
    assert "\x1b" not in ran.stderr


@pytest.fixture
def begun(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A rehearsal in the middle of its rollout."""
    command = [*COMMAND, "-f", str(SERVICE), "-w", str(ROOT / "worlds/good.yaml")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "Rollout Requested" not in process.stdout.readline():
            assert process.poll() is None
        yield process
        process.kill()


@pytest.mark.timeout(90)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_however_it_is_stopped_no_process_stays(
    begun: subprocess.Popen[str], environment: dict[str, str], number: signal.Signals, code: int
) -> None:
    folder = Path(environment["TMPDIR"])
    assert len(living_in(folder)) >= 3
    begun.send_signal(number)
    assert begun.wait(30) == code
    deadline = time.monotonic() + 10
    while living_in(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert living_in(folder) == []
