"""The data plane's process: topologies in by standard input, reports out; ends when its input does."""

import asyncio
import logging
import resource
import sys

from aiohttp.http_exceptions import HttpProcessingError

from signalbox_local.plane.network import Network
from signalbox_local.plane.reports import Report
from signalbox_local.plane.wire import LONGEST_LINE, Told, decode_shown, encode

FILES = 10_240


async def serve(resolution: float) -> None:
    """Until the runtime is gone."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin.buffer)
    out, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout.buffer)

    def tell(report: Report) -> None:
        out.write(encode(Told(report=report)))

    network = Network(tell, resolution)
    out.write(encode(Told(addresses={})))
    while line := await lines.readline():
        shown = decode_shown(line)
        addresses = await network.show(shown.topology)
        out.write(encode(Told(number=shown.number, addresses=addresses)))
    await network.end()


def allow_files() -> None:
    """Two hundred instances and their connections need more than what a laptop allows by default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def is_news(record: logging.LogRecord) -> bool:
    """Not that a client sent what is no HTTP: it has got its answer."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(is_news)
    allow_files()
    asyncio.run(serve(float(sys.argv[1])))
