"""What a command answers: a table for people, JSON or YAML for machines; nothing else is on stdout."""

import json
import os
import sys
from enum import StrEnum
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from signalbox_cli.rollout_words import printable

UNBOUNDED = 10_000  # cells: what is piped is not cut
VIEW_WIDTH = 100  # cells of a view with a frame that is piped


class Output(StrEnum):
    """`-o`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def stdout_console() -> Console:
    """As wide as the terminal, or as COLUMNS; piped as wide as it needs."""
    return Console(highlight=False, width=_width(sys.stdout))


def stderr_console() -> Console:
    """For what is not the answer."""
    return Console(stderr=True, highlight=False, width=_width(sys.stderr))


def _width(stream: TextIO) -> int | None:
    bounded = stream.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return None if bounded else UNBOUNDED


def note(text: str, style: str = "dim") -> None:
    """One sentence on stderr."""
    stderr_console().print(Text(printable(text), style=style), soft_wrap=True)


def warn(warnings: list[str]) -> None:
    """What the API warns of, on stderr."""
    for told in warnings:
        note(f"warning: {told}", style="yellow")


def write(value: Any, output: Output) -> None:
    """As JSON or YAML, in ASCII: nothing in it can steer a terminal."""
    if output is Output.JSON:
        sys.stdout.write(json.dumps(value, indent=2) + "\n")
        return
    # Only this format needs it.
    import yaml  # noqa: PLC0415

    sys.stdout.write(yaml.safe_dump(value, sort_keys=False))


def show(renderable: RenderableType, *, framed: bool = False) -> None:
    """On stdout; `framed` fills the width that it gets."""
    console = stdout_console()
    width = VIEW_WIDTH if framed and console.width == UNBOUNDED else None
    if console.is_terminal or isinstance(renderable, Text):
        console.print(renderable, soft_wrap=isinstance(renderable, Text))
        return
    with console.capture() as told:
        console.print(renderable, width=width)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in told.get().splitlines()))
