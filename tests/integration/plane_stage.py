"""A stage for tests of the data plane: its topology piece by piece, its reports, its door."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import requests

from signalbox_local.plane import (
    Action,
    DataPlane,
    Forward,
    HealthCheckSpec,
    InstanceSpec,
    ListenerSpec,
    Metric,
    Report,
    RuleSpec,
    TargetGroupSpec,
    TargetHealth,
    Topology,
)
from signalbox_local.world import Behaviour, Latency

LOAD_BALANCER = "app/stage/50dc6c495c0c9188"
LISTENER = "listener"
PATIENCE = 10.0
AT_ONCE = Behaviour(latency=Latency(p50_ms=0, p99_ms=0))
OFTEN = HealthCheckSpec(interval=0.1, timeout=2.0)
SLOT = 0.25


def group_arn(name: str) -> str:
    return f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{name}/73e2d6bc24d8a067"


def forward(weights: dict[str, int], stickiness: float | None = None) -> Action:
    """By the groups' names."""
    return Action(
        forward=Forward(weights={group_arn(name): w for name, w in weights.items()}, stickiness=stickiness)
    )


@dataclass(frozen=True)
class Answered:
    """What a client got."""

    status: int
    group: str
    instance: str


class Stage:
    """One data plane, and the topology that it was shown last."""

    def __init__(self) -> None:
        self.news = threading.Condition()
        self.reports: list[Report] = []
        self.plane = DataPlane(self._hear, resolution=SLOT)
        self.topology = Topology()

    def show(self, **changes: Any) -> None:
        self.topology = replace(self.topology, **changes)
        self.plane.show(self.topology)
        assert self.plane.stands(PATIENCE)

    def clear(self) -> None:
        self.topology = Topology()
        self.show()
        self.forget()

    def forget(self) -> None:
        """The reports until now."""
        with self.news:
            self.reports.clear()

    def forget_requests(self, group: str) -> None:
        """All until now: a slot's requests are told when it ends, so those of the present one are still to
        come. The group has targets, of which each slot tells."""
        now = time.time()
        self.until(lambda: any(each.at > now - SLOT for each in self.metrics("HealthyHostCount", group)))
        self.forget()

    def run(self, image: str, *names: str, behaviour: Behaviour = AT_ONCE) -> None:
        """These instances are there too."""
        self.show(
            instances={**self.topology.instances, **{name: InstanceSpec(image=image) for name in names}},
            behaviours={**self.topology.behaviours, image: behaviour},
        )

    def behave(self, image: str, behaviour: Behaviour) -> None:
        self.show(behaviours={**self.topology.behaviours, image: behaviour})

    def terminate(self, *names: str) -> None:
        self.show(instances={n: spec for n, spec in self.topology.instances.items() if n not in names})

    def group(self, name: str, *targets: str, **settings: Any) -> None:
        """A target group with these targets, and no others."""
        arn = group_arn(name)
        before = self.topology.target_groups.get(arn)
        spec = before or TargetGroupSpec(name=name, load_balancers=(LOAD_BALANCER,), health=OFTEN)
        spec = replace(spec, targets=dict.fromkeys(targets, 8080), **settings)
        self.show(target_groups={**self.topology.target_groups, arn: spec})

    def listen(self, *rules: RuleSpec | Action, **settings: Any) -> None:
        """Rules in order; an action alone is a rule without conditions."""
        specs = [RuleSpec(arn="rule", actions=(r,)) if isinstance(r, Action) else r for r in rules]
        listener = ListenerSpec(load_balancer=LOAD_BALANCER, rules=tuple(specs), **settings)
        self.show(listeners={LISTENER: listener})

    @property
    def url(self) -> str:
        return self.plane.addresses()[LISTENER]

    def get(self, path: str = "/", **settings: Any) -> requests.Response:
        """Without cookies, on a connection of its own."""
        return requests.get(self.url + path, timeout=PATIENCE, **settings)

    def ask(
        self, count: int, path: str = "/", at_once: int = 16, headers: Mapping[str, str] | None = None
    ) -> list[Answered]:
        """That many GETs, by clients that keep their connections."""
        return asyncio.run(_ask_all(self.url + path, count, at_once, headers or {}))

    def until(self, condition: Callable[[], object]) -> None:
        """Looks at each report."""
        with self.news:
            assert self.news.wait_for(condition, PATIENCE), self.reports[-5:]

    def state(self, group: str, target: str) -> str:
        health = self.plane.health(group_arn(group), target)
        return health.state if health else "none"

    def until_healthy(self, group: str, *targets: str) -> None:
        self.until(lambda: all(self.state(group, target) == "healthy" for target in targets))

    def until_state(self, group: str, target: str, state: str) -> None:
        self.until(lambda: self.state(group, target) == state)

    def states(self, group: str, target: str) -> list[TargetHealth]:
        """All that were told, in order."""
        changes = [report.health.get(group_arn(group), {}) for report in self.reports]
        return [change[target] for change in changes if target in change]

    def metrics(self, name: str, group: str | None = None) -> list[Metric]:
        """Of a group, or of the load balancer alone."""
        dimensions = {"LoadBalancer": LOAD_BALANCER}
        if group:
            dimensions["TargetGroup"] = group_arn(group).rsplit(":", 1)[-1]
        told = [metric for report in list(self.reports) for metric in report.metrics]
        return [metric for metric in told if metric.name == name and metric.dimensions == dimensions]

    def latest(self, name: str, group: str | None = None) -> set[float]:
        """The values of the last slot that has the metric."""
        return set().union(*[metric.values for metric in self.metrics(name, group)[-1:]])

    def total(self, name: str, group: str | None = None) -> float:
        """The metric's Sum over all slots."""
        return sum(
            value * count
            for metric in self.metrics(name, group)
            for value, count in zip(metric.values, metric.counts, strict=True)
        )

    def _hear(self, report: Report) -> None:
        with self.news:
            self.reports.append(report)
            self.news.notify_all()


@contextmanager
def stage() -> Iterator[Stage]:
    """Started, and stopped in the end."""
    made = Stage()
    made.plane.start()
    try:
        yield made
    finally:
        made.plane.stop()


async def _ask_all(url: str, count: int, at_once: int, headers: Mapping[str, str]) -> list[Answered]:
    left = iter(range(count))
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), headers=headers
    ) as session:
        parts = await asyncio.gather(*(_ask(session, url, left) for _ in range(at_once)))
    return [answered for part in parts for answered in part]


async def _ask(session: aiohttp.ClientSession, url: str, left: Iterator[int]) -> list[Answered]:
    answered = []
    for _ in left:
        async with session.get(url) as answer:
            await answer.read()
            answered.append(
                Answered(
                    answer.status,
                    answer.headers.get("X-Target-Group", ""),
                    answer.headers.get("X-Instance", ""),
                )
            )
    return answered
