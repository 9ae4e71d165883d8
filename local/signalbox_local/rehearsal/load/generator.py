"""Sends requests when they are due, whether or not earlier ones have been answered."""

import asyncio
import time
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import Any

import aiohttp

from signalbox_local.rehearsal.load.arrivals import Arrival, arrivals, sent_headers
from signalbox_local.rehearsal.load.names import Names
from signalbox_local.rehearsal.load.orders import Door, Orders, Request

NO_ANSWER = 0
SOON = 0.001  # seconds: shorter than what the event loop can wait for
_FAULTS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


class Generator:
    """`tell` gets every request as soon as it is answered or given up."""

    def __init__(self, orders: Orders, tell: Callable[[Request], object]) -> None:
        self._orders = orders
        self._tell = tell
        self._cookies: dict[int, SimpleCookie] = {}
        self._headers: dict[int, dict[str, str]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, until: asyncio.Event) -> None:
        """Until the event is set; requests under way are then given up."""
        timeout = aiohttp.ClientTimeout(total=self._orders.traffic.timeout_seconds)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as session:
            names = Names(self._reader(session), time.monotonic, self._orders.seed)
            sending = asyncio.create_task(self._send_all(session, names))
            await asyncio.wait(
                {sending, asyncio.create_task(until.wait())}, return_when=asyncio.FIRST_COMPLETED
            )
            sending.cancel()
            for task in [*self._under_way]:
                task.cancel()
            await asyncio.gather(sending, *self._under_way, return_exceptions=True)

    async def _send_all(self, session: aiohttp.ClientSession, names: Names) -> None:
        loop = asyncio.get_running_loop()
        began, epoch = loop.time(), time.time()
        for arrival in arrivals(self._orders.traffic, self._orders.seed):
            early = began + arrival.at - loop.time()
            if early > SOON:
                await asyncio.sleep(early)
            task = loop.create_task(self._ask(session, names, arrival, epoch + arrival.at))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _ask(self, session: aiohttp.ClientSession, names: Names, arrival: Arrival, due: float) -> None:
        user = arrival.user
        door = self._orders.doors[user % len(self._orders.doors)]
        status, image, target_group = NO_ANSWER, "", ""
        try:
            url = door.url or await names.url(door.name, user)
            headers = self._headers_of(user, door)
            async with session.get(url + arrival.path, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                status, told = answer.status, answer.headers
                image, target_group = told.get("X-Image", ""), told.get("X-Target-Group", "")
                if "Set-Cookie" in told:
                    self._cookies.setdefault(user, SimpleCookie()).update(answer.cookies)
        except _FAULTS:
            pass  # told as status 0: for the user there was no answer
        self._tell(Request(due, time.time() - due, status, image, target_group, user))

    def _headers_of(self, user: int, door: Door) -> Mapping[str, str]:
        if user not in self._headers:
            own = sent_headers(self._orders.traffic.headers, user, self._orders.seed)
            self._headers[user] = {**own, **({"Host": door.host} if door.host else {})}
        cookies = self._cookies.get(user)
        if not cookies:
            return self._headers[user]
        sent = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
        return {**self._headers[user], "Cookie": sent}

    def _reader(self, session: aiohttp.ClientSession) -> Callable[[], Any]:
        async def names() -> Mapping[str, Any]:
            async with session.get(self._orders.names_url) as answer:
                found: dict[str, Any] = await answer.json()
            return dict(found.get("names", {}))

        return names
