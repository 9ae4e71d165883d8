"""What the demos exit with, and what they say when something goes wrong."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from rich.console import Console

from signalbox_cli.following import Refused
from signalbox_local.embedded import CannotStart, keep_to_this_machine, new_folder, remove
from signalbox_local.rehearsal.rehearse import LoadDied

FAILED, INTERRUPTED = 1, 130
Play = Callable[[Console, Path], bool]


class Unexpected(Exception):
    """The story went another way."""


_FAILURES = (
    CannotStart,
    LoadDied,
    Refused,
    Unexpected,
    TimeoutError,
    ClientError,
    BotoCoreError,
    HTTPClientError,
)


def show(play: Play) -> int:
    """0 only when all ended as told and every check holds."""
    console = _console()
    folder = new_folder("demo")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        keep_to_this_machine()
        holds = play(console, folder)
    except KeyboardInterrupt:
        console.print("\nstopped; nothing is left running")
        remove(folder)
        return INTERRUPTED
    except SystemExit:  # nobody reads on: the pipe is closed
        remove(folder)
        raise
    except _FAILURES as why:
        return _failed(console, folder, str(why))
    if not holds:
        return _failed(console, folder, "a check does not hold")
    remove(folder)
    return 0


def _console() -> Console:
    """Never stumbles over a character that the terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    return Console(highlight=False)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _failed(console: Console, folder: Path, why: str) -> int:
    console.print(f"\nThe demo failed: {why}", style="bold red", markup=False, soft_wrap=True)
    console.print(f"What the functions and the runtime wrote is in {folder}/.signalbox/logs", soft_wrap=True)
    return FAILED
