"""The load generator against a plain server: what it sends, and what it tells of the answers."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from signalbox_local.rehearsal.load.orders import Door, Orders, Request
from signalbox_local.rehearsal.load.sending import Load, sending
from signalbox_local.world import Traffic

PATIENCE = 15  # seconds


class Server:
    """Answers as `respond` says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.seconds = 0.0
        self.url = ""

    async def respond(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if request.path == "/names":
            records = [{"weight": 1, "url": self.url}]
            return web.json_response({"names": {"shop.test.": {"ttl": 60, "records": records}}})
        await asyncio.sleep(self.seconds)
        user = request.cookies.get("user") or str(len(self.asked))
        told = {"X-Image": "ami-1", "X-Target-Group": "shop"}
        response = web.json_response({}, status=500 if request.path == "/bad" else 200, headers=told)
        response.set_cookie("user", user)
        return response


@pytest.fixture
def server() -> Iterator[Server]:
    """On a free port, in a thread with a loop of its own."""
    made, ready, stopping = Server(), threading.Event(), threading.Event()

    async def serve() -> None:
        runner = web.AppRunner(_app(made), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await asyncio.to_thread(stopping.wait)
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    yield made
    stopping.set()
    thread.join(PATIENCE)


def _app(server: Server) -> web.Application:
    app = web.Application()
    app.router.add_get("/{path:.*}", server.respond)
    return app


@contextmanager
def load(server: Server, folder: Path, door: Door | None = None, **traffic: Any) -> Iterator[Load]:
    given = {"requests_per_second": 100, "users": 5, **traffic}
    orders = Orders(
        traffic=Traffic.model_validate(given),
        seed=1,
        doors=(door or Door(url=server.url),),
        names_url=f"{server.url}/names",
    )
    with sending(orders, folder) as running:
        yield running


def until(reached: Callable[[], object]) -> None:
    """Fails when it does not come."""
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(running: Load, number: int) -> tuple[Request, ...]:
    """As soon as there are so many."""
    until(lambda: len(running.requests) >= number)
    return running.requests


def test_each_user_keeps_its_cookies(server: Server, tmp_path: Path) -> None:
    with load(server, tmp_path) as running:
        answers(running, 100)
    returning = [request.cookies["user"] for request in server.asked if request.cookies]
    assert len(returning) > 50
    # Some first requests of a user may overlap: each of them is given a cookie, the last one stays.
    assert len(set(returning[-30:])) <= 5


def test_failures_and_who_answered_are_told(server: Server, tmp_path: Path) -> None:
    with load(server, tmp_path, paths={"/": 1, "/bad": 1}) as running:
        found = answers(running, 100)
    assert {one.status for one in found} == {200, 500}
    assert all(one.failed == (one.status == 500) for one in found)
    assert {(one.image, one.target_group) for one in found} == {("ami-1", "shop")}


def test_latency_counts_from_when_a_request_was_due_and_none_waits_for_another(
    server: Server, tmp_path: Path
) -> None:
    server.seconds = 0.5
    with load(server, tmp_path) as running:
        found = answers(running, 150)
    assert min(one.seconds for one in found) >= 0.5
    due = sorted(one.at for one in found)
    # A closed loop of five users would send ten a second.
    assert len(due) / (due[-1] - due[0]) > 50


def test_who_waits_too_long_gives_up_without_an_answer(server: Server, tmp_path: Path) -> None:
    server.seconds = 5
    with load(server, tmp_path, timeout_seconds=0.2) as running:
        found = answers(running, 10)
    assert {one.status for one in found} == {0}
    assert all(one.failed and one.seconds < 2 for one in found)


def test_nobody_listens_is_no_answer(server: Server, tmp_path: Path) -> None:
    with load(server, tmp_path, Door(url="http://127.0.0.1:1")) as running:
        assert {one.status for one in answers(running, 10)} == {0}


def test_names_are_looked_up_and_hosts_are_told(server: Server, tmp_path: Path) -> None:
    with load(server, tmp_path, Door(name="shop.test.", host="shop.test")) as running:
        found = answers(running, 50)
    assert {one.status for one in found} == {200}
    hosts = {request.headers["Host"] for request in server.asked if request.path != "/names"}
    assert hosts == {"shop.test"}
    assert sum(request.path == "/names" for request in server.asked) <= 20


def test_a_share_of_the_users_sends_a_header(server: Server, tmp_path: Path) -> None:
    headers = [{"name": "X-Beta", "value": "yes", "share_percent": 50}]
    with load(server, tmp_path, headers=headers, users=200) as running:
        answers(running, 200)
    sent = sum(request.headers.get("X-Beta") == "yes" for request in server.asked)
    assert 0.3 < sent / len(server.asked) < 0.7


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the process in /proc")
def test_it_is_gone_with_its_parent_however_that_ends(server: Server, tmp_path: Path) -> None:
    line = Orders(traffic=Traffic(), seed=1, doors=(Door(url=server.url),)).line()
    parent = f"""
import subprocess, sys, time
command = [sys.executable, "-m", "signalbox_local.rehearsal.load"]
child = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
child.stdin.write({line!r} + "\\n")
child.stdin.flush()
print(child.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        until(lambda: server.asked)
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{child}").exists())
