"""What of a request's and an answer's headers goes through a load balancer, and what it adds."""

import time
from random import Random

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from signalbox_local.plane.topology import ListenerSpec

HOP_BY_HOP = (
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
)
TRACE = "X-Amzn-Trace-Id"


def to_target(request: web.BaseRequest, listener: ListenerSpec, chance: Random) -> CIMultiDict[str]:
    """The client's headers, `Host` among them, with X-Forwarded-* as ALB adds them."""
    headers = without_hops(request.headers)
    headers.popall("Expect", None)
    before = headers.popall("X-Forwarded-For", [])
    headers["X-Forwarded-For"] = ", ".join([*before, request.remote or ""])
    headers["X-Forwarded-Proto"] = listener.protocol.lower()
    headers["X-Forwarded-Port"] = str(listener.port)
    if TRACE not in headers:
        headers[TRACE] = f"Root=1-{int(time.time()):08x}-{chance.getrandbits(96):024x}"
    return headers


def without_hops(given: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Without those that are for one connection, also the ones that `Connection` names."""
    headers = given.copy()
    for named in headers.getall("Connection", ()):
        for name in named.split(","):
            headers.popall(name.strip(), None)
    for name in HOP_BY_HOP:
        headers.popall(name, None)
    return headers
