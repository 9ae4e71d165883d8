"""The health checks of a target group's targets: one rhythm a target, as ALB."""

import asyncio
from collections.abc import Callable
from random import Random

import aiohttp
from yarl import URL

from signalbox_local.plane.groups import Target, TargetGroup
from signalbox_local.plane.instance import CHECKER
from signalbox_local.plane.standing import FAILED, MISMATCH, TIMED_OUT, matches

Address = Callable[[str], str | None]
HEADERS = {"User-Agent": CHECKER}
SPREAD = 0.2
"""The share of an interval within which the first check of a target comes."""


class Checks:
    """Checks every registered target of groups in use."""

    def __init__(self, session: aiohttp.ClientSession, address: Address, chance: Random) -> None:
        self._session = session
        self._address = address
        self._chance = chance
        self._watches: dict[Target, asyncio.Task[None]] = {}

    def look_after(self, groups: list[TargetGroup]) -> None:
        """Begins and ends watches so that they fit the groups' targets."""
        wanted = {t: g for g in groups if g.in_use for t in g.targets.values() if t.drains_until is None}
        for target in [target for target in self._watches if target not in wanted]:
            self._watches.pop(target).cancel()
        for target, group in wanted.items():
            if target not in self._watches:
                self._watches[target] = asyncio.create_task(self._watch(group, target))

    def end(self) -> None:
        self.look_after([])

    async def _watch(self, group: TargetGroup, target: Target) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._chance.random() * SPREAD * group.spec.health.interval)
        group.begin_checks(target)
        due = loop.time()
        while True:
            failure = await self._check(group, target)
            group.take_check(target, failure, loop.time())
            due = max(due + group.spec.health.interval, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _check(self, group: TargetGroup, target: Target) -> str | None:
        """The reason code of a failure."""
        spec = group.spec.health
        address = self._address(target.instance)
        if address is None:
            return FAILED
        url = URL(address + spec.path, encoded=True)
        try:
            async with asyncio.timeout(spec.timeout), self._session.get(url, headers=HEADERS) as answer:
                await answer.read()
                return None if matches(spec.matcher, answer.status) else MISMATCH
        except TimeoutError:
            return TIMED_OUT
        except aiohttp.ClientError:
            return FAILED
