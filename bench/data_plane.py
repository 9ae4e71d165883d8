"""Requests a second through the data plane, beside a plain aiohttp proxy; its memory, its work at rest."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random

import aiohttp
from aiohttp import web

from signalbox_local.plane import (
    NOT_REGISTERED,
    Action,
    DataPlane,
    Forward,
    HealthCheckSpec,
    InstanceSpec,
    ListenerSpec,
    RuleSpec,
    TargetGroupSpec,
    Topology,
)
from signalbox_local.plane.instance import HOST, Instance
from signalbox_local.world import Behaviour, Latency

INSTANCES = 20
MANY = 200
CONNECTIONS = 32
ROUNDS = 5
ROUND_SECONDS = 2.0
REST_SECONDS = 10.0
CHECK_SECONDS = 5.0
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/bench/1"
AT_ONCE = Behaviour(latency=Latency(p50_ms=0, p99_ms=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians of requests a second with 20 instances; MB and percent of a core with 200, which are checked
    every 5 s."""

    rounds: int
    rate: float
    plain_rate: float
    ratio: float
    megabytes: float
    rest_percent: float


def measure(rounds: int = ROUNDS) -> Figures:
    """In turn, data plane and plain proxy, so that both see the same machine; instances answer at once, and
    share a process and its loop with the proxy before them, in both."""
    with _plane(INSTANCES) as (_, url), _plain_proxy() as plain_url:
        pairs = [(_rate(url), _rate(plain_url)) for _ in range(rounds)]
    with _plane(MANY) as (pid, url):
        _rate(url)
        megabytes, rest_percent = _megabytes(pid), _busy_percent(pid)
    return Figures(
        rounds=rounds,
        rate=statistics.median(rate for rate, _ in pairs),
        plain_rate=statistics.median(rate for _, rate in pairs),
        ratio=statistics.median(rate / plain for rate, plain in pairs),
        megabytes=megabytes,
        rest_percent=rest_percent,
    )


def lines(figures: Figures) -> list[str]:
    """The page's section."""
    return [
        "## The data plane",
        "",
        f"{CONNECTIONS} clients ask through one listener with {INSTANCES} instances, beside a plain aiohttp",
        "proxy (a handler and a `ClientSession`) with the same instances in its process; median of",
        f"{figures.rounds} turns. Memory after load, and work at rest, with {MANY} instances, each",
        f"checked every {CHECK_SECONDS:.0f} s.",
        "",
        "| requests/s | plain, requests/s | ratio | 200 instances: MB | at rest, % of a core |",
        "| --- | --- | --- | --- | --- |",
        row(figures),
        "",
    ]


def row(figures: Figures) -> str:
    return (
        f"| {figures.rate:.0f} | {figures.plain_rate:.0f} | {figures.ratio:.2f} "
        f"| {figures.megabytes:.0f} | {figures.rest_percent:.1f} |"
    )


@contextmanager
def _plane(size: int) -> Iterator[tuple[int, str]]:
    plane = DataPlane(lambda report: None)
    plane.start()
    try:
        plane.show(_topology(size))
        assert plane.stands(30) and plane.pid
        while any((plane.health(GROUP, name) or NOT_REGISTERED).state != "healthy" for name in _names(size)):
            time.sleep(0.05)
        yield plane.pid, plane.addresses()["listener"]
    finally:
        plane.stop()


def _topology(size: int) -> Topology:
    forward = Action(forward=Forward(weights={GROUP: 1}))
    return Topology(
        instances={name: InstanceSpec(image="ami-bench") for name in _names(size)},
        target_groups={
            GROUP: TargetGroupSpec(
                name="bench",
                load_balancers=("app/bench/1",),
                targets=dict.fromkeys(_names(size), 80),
                health=HealthCheckSpec(interval=CHECK_SECONDS),
            )
        },
        listeners={
            "listener": ListenerSpec(
                load_balancer="app/bench/1", rules=(RuleSpec(arn="rule", actions=(forward,)),)
            )
        },
        behaviours={"ami-bench": AT_ONCE},
    )


def _names(size: int) -> list[str]:
    return [f"i-{number:017x}" for number in range(size)]


@contextmanager
def _plain_proxy() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.data_plane"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin and child.stdout
        yield child.stdout.readline().strip()
        child.stdin.close()


def _rate(url: str) -> float:
    return asyncio.run(_asked(url)) / ROUND_SECONDS


async def _asked(url: str) -> int:
    """How many requests that many connections get answered in a round."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        until = time.perf_counter() + ROUND_SECONDS
        return sum(await asyncio.gather(*(_ask(session, url, until) for _ in range(CONNECTIONS))))


async def _ask(session: aiohttp.ClientSession, url: str, until: float) -> int:
    answered = 0
    while time.perf_counter() < until:
        async with session.get(url + "/") as answer:
            await answer.read()
            assert answer.ok
        answered += 1
    return answered


def _megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _busy_percent(pid: int) -> float:
    before = _busy_seconds(pid)
    time.sleep(REST_SECONDS)
    return (_busy_seconds(pid) - before) / REST_SECONDS * 100


def _busy_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _plain() -> None:
    """The peer: what anybody would write, before the same instances; ends with its input."""
    chance = Random(1)
    instances = [
        Instance(name, InstanceSpec(image="ami-bench"), AT_ONCE, chance) for name in _names(INSTANCES)
    ]
    for instance in instances:
        await instance.start()
    turn = cycle(f"http://{HOST}:{instance.port}" for instance in instances)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def forward(request: web.Request) -> web.Response:
            body = await request.read()
            async with session.request(
                request.method, next(turn) + request.path_qs, headers=request.headers, data=body
            ) as answer:
                return web.Response(status=answer.status, headers=answer.headers, body=await answer.read())

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        sys.stdout.write(f"http://{HOST}:{runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_plain())
