"""One request through the load balancer to a target, and the answer back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from signalbox_local.plane import own_answers
from signalbox_local.plane.groups import Target
from signalbox_local.plane.headers import without_hops
from signalbox_local.plane.metrics import Tally

CONNECT_SECONDS = 10.0
SMALL = 64 * 1024
"""Answers up to this many bytes are passed on whole, others as they come."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a request goes (`address` None: to an instance that does not run). `tally` gives the counters of
    the moment, `own_tally` the load balancer's."""

    target: Target
    address: str | None
    idle_timeout: float
    tally: Callable[[], Tally]
    own_tally: Callable[[], Tally]


async def exchange(
    session: aiohttp.ClientSession,
    request: web.BaseRequest,
    way: Way,
    sent: CIMultiDict[str],
    added: CIMultiDict[str],
) -> web.StreamResponse:
    """`sent`: headers to the target, `added`: to the client. Counts what happens."""
    task = asyncio.current_task()
    assert task is not None
    way.tally().requests += 1
    way.target.in_flight.add(task)
    try:
        return await _asked(session, request, way, sent, added)
    except asyncio.CancelledError:
        if not way.target.cut_off:
            raise
        task.uncancel()
        return _error(request, way, 502)
    except TimeoutError:
        return _error(request, way, 504)
    except (aiohttp.ClientConnectorError, ConnectionRefusedError):
        way.tally().connection_errors += 1
        return _error(request, way, 502)
    except (aiohttp.ClientError, ConnectionError):
        return _error(request, way, 502)
    finally:
        way.target.in_flight.discard(task)


async def _asked(
    session: aiohttp.ClientSession,
    request: web.BaseRequest,
    way: Way,
    sent: CIMultiDict[str],
    added: CIMultiDict[str],
) -> web.StreamResponse:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    if way.address is None:
        raise ConnectionRefusedError
    began = asyncio.get_running_loop().time()
    async with session.request(
        request.method,
        URL(way.address + request.rel_url.raw_path_qs, encoded=True),
        headers=sent,
        data=request.content if request.can_read_body else None,
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=way.idle_timeout),
    ) as answer:
        way.tally().answered(answer.status, asyncio.get_running_loop().time() - began)
        headers = without_hops(answer.headers)
        headers.extend(added)
        return await _passed_on(request, answer, headers)


async def _passed_on(
    request: web.BaseRequest, answer: aiohttp.ClientResponse, headers: CIMultiDict[str]
) -> web.StreamResponse:
    if request.method != "HEAD" and (answer.content_length or SMALL + 1) <= SMALL:
        return web.Response(
            status=answer.status, reason=answer.reason, headers=headers, body=await answer.read()
        )
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(request)
    async for part in answer.content.iter_any():
        await response.write(part)
    await response.write_eof()
    return response


def _error(request: web.BaseRequest, way: Way, status: int) -> web.Response:
    """Not counted when it was the client who went away. An answer that has begun cannot become another one:
    its connection is closed instead."""
    if request.transport and not request.transport.is_closing():
        way.own_tally().refused(status)
        if request.writer.output_size:
            request.transport.abort()
    return own_answers.error(status)
