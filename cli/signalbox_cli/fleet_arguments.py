"""Arguments and options that several commands of fleets take, and what they mean."""

from datetime import date, datetime, time
from typing import Annotated
from urllib.parse import urlencode

import typer

from signalbox.fleets.schedule.zones import read_zone
from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox_cli.asking import segment
from signalbox_cli.moments import read_moment
from signalbox_cli.rollout_words import printable

Fleet = Annotated[str, typer.Argument(help="The name of a fleet.")]


def fleet_path(name: str) -> str:
    """Where the API has it. Raises Misconfigured."""
    return f"/fleets/{segment(name)}"


def moment_option(option: str, text: str | None, zone: str, now: datetime) -> datetime | None:
    """What an option means in the zone of the fleet; wrong usage when it means nothing."""
    if text is None:
        return None
    try:
        return read_moment(text, read_zone(zone), now)
    except ValueError as problem:
        raise typer.BadParameter(printable(str(problem)), param_hint=option) from problem


def past_option(option: str, text: str | None, zone: str) -> datetime | None:
    """The beginning of a day in the zone of the fleet, or an instant as it stands; else wrong usage."""
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), read_zone(zone))
    except ValueError:
        pass
    try:
        return from_rfc3339(text)
    except ValueError as problem:
        right = f"{text!r} is no moment: write 2026-11-01, or a moment with its offset"
        raise typer.BadParameter(printable(right), param_hint=option) from problem


def in_range(path: str, begin: datetime | None, end: datetime | None) -> str:
    """The path, with `from` and `until` where they are given."""
    query = urlencode({name: rfc3339(at) for name, at in (("from", begin), ("until", end)) if at})
    return f"{path}?{query}".rstrip("?")
