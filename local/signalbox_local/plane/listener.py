"""A listener: an HTTP server that finds the rule of a request and does its action."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from signalbox_local.plane import own_answers
from signalbox_local.plane.conditions import Asked, find_rule
from signalbox_local.plane.exchange import Way, exchange
from signalbox_local.plane.groups import Target, TargetGroup
from signalbox_local.plane.headers import to_target
from signalbox_local.plane.instance import HOST
from signalbox_local.plane.metrics import Tallies
from signalbox_local.plane.sessions import GROUP_COOKIE, TARGET_COOKIE, Session, find_session, set_cookie
from signalbox_local.plane.topology import Forward, ListenerSpec

END_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind all listeners; `address` gives an instance's URL."""

    groups: Mapping[str, TargetGroup]
    address: Callable[[str], str | None]
    session: aiohttp.ClientSession
    tallies: Tallies


class Listener:
    """Serves its spec of the moment; requests under way keep what they were given."""

    def __init__(self, spec: ListenerSpec, behind: Behind, chance: Random) -> None:
        self.spec = spec
        self.url = ""
        self._behind = behind
        self._chance = chance
        self._server = web.Server(self._answer, access_log=None, auto_decompress=False)
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._server, HOST, 0, backlog=1024)
        self.url = f"http://{HOST}:{self._listening.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._listening:
            self._listening.close()
        self._server.pre_shutdown()
        await self._server.shutdown(END_SECONDS)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        spec = self.spec
        if not request.rel_url.raw_path.startswith("/"):  # `OPTIONS *`
            return own_answers.error(400)
        rule = find_rule(spec.rules, _asked(request))
        action = rule.actions[-1] if rule and rule.actions else None
        if action and action.fixed_response:
            self._behind.tallies.of(spec.load_balancer).own["HTTP_Fixed_Response_Count"] += 1
            return own_answers.fixed(action.fixed_response)
        if action and action.redirect:
            self._behind.tallies.of(spec.load_balancer).own["HTTP_Redirect_Count"] += 1
            return own_answers.redirect(action.redirect, request, spec)
        if action and action.forward:
            return await self._forward(request, spec, action.forward)
        return self._unavailable(spec)

    async def _forward(
        self, request: web.BaseRequest, spec: ListenerSpec, forward: Forward
    ) -> web.StreamResponse:
        now = time.time()
        group = self._find_group(request, forward, now)
        target = self._find_target(request, group, now) if group else None
        if group is None or target is None:
            return self._unavailable(spec)
        way = Way(
            target=target,
            address=self._behind.address(target.instance),
            idle_timeout=spec.idle_timeout,
            tally=lambda: self._behind.tallies.of(spec.load_balancer, group.dimension),
            own_tally=lambda: self._behind.tallies.of(spec.load_balancer),
        )
        added = _added(group, target, forward, now)
        return await exchange(
            self._behind.session, request, way, to_target(request, spec, self._chance), added
        )

    def _find_group(self, request: web.BaseRequest, forward: Forward, now: float) -> TargetGroup | None:
        """By the client's session, which a weight of 0 does not end, else by chance."""
        if forward.stickiness is not None:
            session = find_session(request.cookies.get(GROUP_COOKIE), now)
            if session and session.place in forward.weights:
                return self._behind.groups.get(session.place)
        if not any(forward.weights.values()):
            return None
        (arn,) = self._chance.choices(list(forward.weights), list(forward.weights.values()))
        return self._behind.groups.get(arn)

    def _find_target(self, request: web.BaseRequest, group: TargetGroup, now: float) -> Target | None:
        if group.spec.stickiness:
            session = find_session(request.cookies.get(TARGET_COOKIE), now)
            arn, _, instance = (session.place if session else "").partition(" ")
            sticky = group.find_sticky(instance) if arn == group.arn else None
            if sticky:
                return sticky
        return group.pick(asyncio.get_running_loop().time())

    def _unavailable(self, spec: ListenerSpec) -> web.Response:
        self._behind.tallies.of(spec.load_balancer).refused(503)
        return own_answers.error(503)


def _asked(request: web.BaseRequest) -> Asked:
    return Asked(
        method=request.method,
        host=request.host,
        path=request.rel_url.raw_path,
        query=request.rel_url.raw_query_string,
        source=request.remote or HOST,
        headers=request.headers,
    )


def _added(group: TargetGroup, target: Target, forward: Forward, now: float) -> CIMultiDict[str]:
    """What the client gets beside the target's headers; X-Target-Group is a local extra."""
    added = CIMultiDict({"X-Target-Group": group.spec.name})
    cookies: list[str] = []
    if forward.stickiness is not None:
        cookies += set_cookie(GROUP_COOKIE, Session(group.arn, now + forward.stickiness), now)
    if group.spec.stickiness:
        stays = Session(f"{group.arn} {target.instance}", now + group.spec.stickiness.duration)
        cookies += set_cookie(TARGET_COOKIE, stays, now)
    for cookie in cookies:
        added.add("Set-Cookie", cookie)
    return added
