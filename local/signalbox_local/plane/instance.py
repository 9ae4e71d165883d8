"""An instance: an HTTP server of its own on loopback, which behaves as its version does."""

import asyncio
import json
import socket
from contextlib import suppress
from random import Random

from aiohttp import web
from multidict import CIMultiDict

from signalbox_local.plane.answering import Answer, Answering
from signalbox_local.plane.topology import InstanceSpec
from signalbox_local.world import Behaviour

HOST = "127.0.0.1"
CHECKER = "ELB-HealthChecker/2.0"
ECHO = "/_signalbox/echo"
"""Answers with the body that came, or with the request as the instance saw it."""


class Instance:
    """Keeps its port while it lives; a crashed one refuses connections."""

    def __init__(self, name: str, spec: InstanceSpec, behaviour: Behaviour, chance: Random) -> None:
        self.name = name
        self.spec = spec
        self._chance = chance
        self._reserved = _bound(0)
        self.port: int = self._reserved.getsockname()[1]
        self._server = web.Server(
            self._answer, access_log=None, auto_decompress=False, handler_cancellation=True
        )
        self._listening: asyncio.Server | None = None
        self._life: asyncio.Task[None] | None = None
        self._answering = Answering(behaviour, chance, 0.0)
        self._body = json.dumps({"instance": name, "image": spec.image, "zone": spec.zone}).encode()
        self._headers = CIMultiDict(
            {"X-Instance": name, "X-Image": spec.image, "Content-Type": "application/json"}
        )

    @property
    def behaviour(self) -> Behaviour:
        return self._answering.behaviour

    async def start(self) -> None:
        """A new life: nothing has leaked yet, everything is cold."""
        loop = asyncio.get_running_loop()
        self._answering = Answering(self.behaviour, self._chance, loop.time())
        self._listening = await loop.create_server(self._server, sock=_bound(self.port), backlog=512)
        if self.behaviour.crashes_after_seconds and self._life is None:
            self._life = loop.create_task(self._crash_and_return())

    async def behave(self, behaviour: Behaviour) -> None:
        """From now on, without a restart, unless it lies between a crash and its return."""
        if behaviour == self.behaviour:
            return
        self._answering.behaviour = behaviour
        await self._live_on()
        if behaviour.crashes_after_seconds:
            self._life = asyncio.get_running_loop().create_task(self._crash_and_return())
        elif self._listening is None:
            await self.start()

    async def stop(self) -> None:
        await self._live_on()
        self._fall_silent()
        self._reserved.close()

    async def _live_on(self) -> None:
        """No crash any more."""
        if self._life:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life
        self._life = None

    async def _crash_and_return(self) -> None:
        while True:
            if self._listening:
                await asyncio.sleep(self.behaviour.crashes_after_seconds or 0)
                self._fall_silent()
            await asyncio.sleep(self.behaviour.restarts_after_seconds)
            await self.start()

    def _fall_silent(self) -> None:
        """Refuses connections, resets those that it has."""
        if self._listening:
            self._listening.close()
            self._listening = None
        for connection in self._server.connections:
            if connection.transport:
                connection.transport.abort()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("User-Agent") == CHECKER:
            status = 503 if self.behaviour.never_healthy else 200
            return web.Response(status=status, body=self._body, headers=self._headers)
        body = b"".join([part async for part in request.content.iter_any()])
        answer = self._answering.answer(request.path, request.headers, asyncio.get_running_loop().time())
        if answer.seconds > 0:
            await asyncio.sleep(answer.seconds)
        return self._response(request, body, answer)

    def _response(self, request: web.BaseRequest, body: bytes, answer: Answer) -> web.Response:
        shown = self._body
        if request.path == ECHO:
            shown = body or _as_seen(request)
        return web.Response(status=500 if answer.fails else 200, body=shown, headers=self._headers)


def _as_seen(request: web.BaseRequest) -> bytes:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return json.dumps({"method": request.method, "path": request.raw_path, "headers": headers}).encode()


def _bound(port: int) -> socket.socket:
    """One that does not listen reserves the port, and the port refuses connections."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((HOST, port))
    bound.setblocking(False)
    return bound
