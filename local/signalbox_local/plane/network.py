"""All that runs in the data plane's process, brought in line with the topology that is wanted."""

import asyncio
import time
from collections.abc import Callable, Mapping
from random import Random

import aiohttp

from signalbox_local.plane.answering import HEALTHY
from signalbox_local.plane.checks import Checks
from signalbox_local.plane.groups import TargetGroup
from signalbox_local.plane.instance import HOST, Instance
from signalbox_local.plane.listener import Behind, Listener
from signalbox_local.plane.metrics import Tallies
from signalbox_local.plane.reports import NOT_REGISTERED, Report, TargetHealth
from signalbox_local.plane.topology import ListenerSpec, TargetGroupSpec, Topology

KEEP_ALIVE_SECONDS = 30.0
QUIET_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""Those that the client library would add to a request that has none."""


class Network:
    """To be used inside a running loop; `tell` takes reports as they come about."""

    def __init__(self, tell: Callable[[Report], object], resolution: float) -> None:
        self._tell = tell
        self._resolution = resolution
        self._instances: dict[str, Instance] = {}
        self._groups: dict[str, TargetGroup] = {}
        self._listeners: dict[str, Listener] = {}
        self._tallies = Tallies()
        self._changes: dict[str, dict[str, TargetHealth]] = {}
        self._born = 0
        self._seed = 0
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=QUIET_HEADERS,
        )
        self._behind = Behind(self._groups, self._address, self._session, self._tallies)
        self._checks = Checks(self._session, self._address, Random(0))
        self._reporting = asyncio.create_task(self._report_metrics())

    async def show(self, topology: Topology) -> dict[str, str]:
        """Returns listener ARN → URL."""
        self._seed = topology.seed
        await self._run_instances(topology)
        self._gather_groups(topology.target_groups)
        for arn, spec in topology.listeners.items():
            await self._listen(arn, spec)
        for arn in self._listeners.keys() - topology.listeners.keys():
            await self._listeners.pop(arn).stop()
        for arn in self._groups.keys() - topology.target_groups.keys():
            self._forget_group(self._groups.pop(arn))
        self._checks.look_after(list(self._groups.values()))
        self._tell_changes()
        return {arn: listener.url for arn, listener in self._listeners.items()}

    async def end(self) -> None:
        """Silently: nobody listens any more."""
        self._tell = lambda report: None
        self._reporting.cancel()
        await self.show(Topology())
        await self._session.close()

    async def _run_instances(self, topology: Topology) -> None:
        for name in self._instances.keys() - topology.instances.keys():
            await self._instances.pop(name).stop()
        for name, spec in topology.instances.items():
            behaviour = topology.behaviours.get(spec.image, HEALTHY)
            if name in self._instances:
                await self._instances[name].behave(behaviour)
            else:
                self._instances[name] = Instance(name, spec, behaviour, self._chance())
                await self._instances[name].start()

    def _gather_groups(self, wanted: Mapping[str, TargetGroupSpec]) -> None:
        loop = asyncio.get_running_loop()
        for arn, spec in wanted.items():
            if arn not in self._groups:
                self._groups[arn] = TargetGroup(arn, self._note_health, self._chance())
            group = self._groups[arn]
            group.become(spec, loop.time())
            for until in {t.drains_until for t in group.targets.values() if t.drains_until is not None}:
                loop.call_at(until, group.forget_drained, until)

    def _forget_group(self, group: TargetGroup) -> None:
        for instance in group.targets:
            self._note_health(group.arn, instance, NOT_REGISTERED)

    async def _listen(self, arn: str, spec: ListenerSpec) -> None:
        if arn in self._listeners:
            self._listeners[arn].spec = spec
            return
        self._listeners[arn] = Listener(spec, self._behind, self._chance())
        await self._listeners[arn].start()

    def _chance(self) -> Random:
        """Of its own for each part, in the order of their coming."""
        self._born += 1
        return Random(f"{self._seed} {self._born}")

    def _address(self, instance: str) -> str | None:
        running = self._instances.get(instance)
        return f"http://{HOST}:{running.port}" if running else None

    def _note_health(self, group: str, instance: str, health: TargetHealth) -> None:
        """Told together with what else changes in this turn of the loop."""
        if not self._changes:
            asyncio.get_running_loop().call_soon(self._tell_changes)
        self._changes.setdefault(group, {})[instance] = health
        if group in self._groups:
            self._tallies.note_hosts(self._groups[group])

    def _tell_changes(self) -> None:
        changes, self._changes = self._changes, {}
        if changes:
            self._tell(Report(health=changes))

    async def _report_metrics(self) -> None:
        while True:
            slot = time.time() // self._resolution
            await asyncio.sleep((slot + 1) * self._resolution - time.time())
            metrics = self._tallies.close_slot(slot * self._resolution, self._groups.values())
            if metrics:
                self._tell(Report(metrics=metrics))
