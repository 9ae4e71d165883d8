"""The data plane's process: comes, goes, and never outlives its parent."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from signalbox_local.plane import (
    DataPlane,
    HealthCheckSpec,
    InstanceSpec,
    Report,
    TargetGroupSpec,
    TargetHealth,
    Topology,
)
from tests.integration.plane_stage import PATIENCE, forward, stage


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_running(pid: int) -> bool:
    """False for a zombie too: nobody may be there to bury it."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def _listens(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_it_loads_no_library_of_the_control_plane() -> None:
    script = "import sys, signalbox_local.plane.__main__; print([*sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"'moto'", "'boto3'", "'botocore'", "'werkzeug'"} & set(loaded.strip("[]\n").split(", "))


def test_stopping_leaves_nothing() -> None:
    with stage() as door:
        door.run("ami-a", "i-1")
        door.group("web", "i-1")
        door.listen(forward({"web": 1}))
        door.until_healthy("web", "i-1")
        assert door.get().status_code == 200
        pid, url = door.plane.pid, door.url
        assert pid
        assert _listens(url)
        door.plane.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert not _listens(url)
        door.plane.stop()


def test_a_listener_that_is_gone_is_closed() -> None:
    with stage() as door:
        door.listen(forward({"web": 1}))
        url = door.url
        assert _listens(url)
        door.show(listeners={})
        assert not _listens(url)
        assert door.plane.addresses() == {}


def test_no_process_outlives_a_killed_parent() -> None:
    script = textwrap.dedent("""
        import time
        from signalbox_local.plane import DataPlane
        plane = DataPlane(lambda report: None)
        plane.start()
        print(plane.pid, flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert _is_running(child)
        parent.send_signal(signal.SIGKILL)
    _until(lambda: not _is_running(child))


def test_a_plane_that_dies_no_longer_stands() -> None:
    with stage() as door:
        assert door.plane.pid
        os.kill(door.plane.pid, signal.SIGKILL)
        _until(lambda: not door.plane.stands(0))
        door.plane.show(door.topology)


def test_a_listener_that_fails_misses_one_report_only() -> None:
    heard: list[Report] = []

    def hear(report: Report) -> None:
        heard.append(report)
        raise ValueError(report)

    plane = DataPlane(hear)
    plane.start()
    for target in ("i-1", "i-2"):
        group = TargetGroupSpec(name="web", targets={target: 80})
        plane.show(Topology(target_groups={"web": group}))
        assert plane.stands(PATIENCE)
        assert plane.health("web", target) == TargetHealth("unused", "Target.NotInUse")
    plane.stop()
    assert len(heard) == 2


def test_before_its_start_and_after_its_end_nothing_is_known() -> None:
    plane = DataPlane(lambda report: None)
    assert plane.pid is None
    assert plane.addresses() == {}
    assert plane.health("group", "i-1") is None
    plane.stop()


def test_two_hundred_instances_are_small() -> None:
    with stage() as door:
        names = [f"i-{number}" for number in range(200)]
        door.show(instances={name: InstanceSpec(image="ami-a") for name in names})
        door.group("web", *names, health=HealthCheckSpec(interval=1))
        door.listen(forward({"web": 1}))
        door.until_healthy("web", *names)
        assert {answered.instance for answered in door.ask(400)} == set(names)
        status = Path(f"/proc/{door.plane.pid}/status").read_text()
        (kilobytes,) = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")]
        assert kilobytes < 256 * 1024
