"""The load process: orders on its standard input, requests on its standard output, gone with its parent."""

import asyncio
import gc
import json
import sys
from dataclasses import astuple

from signalbox_local.rehearsal.load.generator import Generator
from signalbox_local.rehearsal.load.orders import Orders, Request

TELL_EVERY = 0.2  # seconds


class Teller:
    """Collects requests and writes them as one JSON line of arrays."""

    def __init__(self) -> None:
        self._waiting: list[Request] = []

    def take(self, request: Request) -> None:
        """Not written yet."""
        self._waiting.append(request)

    def write(self) -> None:
        """All that have come since the last time."""
        told, self._waiting = self._waiting, []
        print(json.dumps([astuple(request) for request in told]), flush=True)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TELL_EVERY)
            self.write()


async def main() -> None:
    """Until the standard input ends."""
    loop = asyncio.get_running_loop()
    orders = Orders.read(await loop.run_in_executor(None, sys.stdin.readline))
    gc.freeze()
    teller, ended = Teller(), asyncio.Event()
    telling = asyncio.create_task(teller.run())
    watching = asyncio.create_task(_until_input_ends(ended))
    await Generator(orders, teller.take).run(ended)
    telling.cancel()
    await watching
    teller.write()


async def _until_input_ends(ended: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()
    ended.set()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(1)
