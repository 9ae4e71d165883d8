"""Arguments and options that several commands of fleets take, and what they mean."""

from datetime import datetime
from typing import Annotated

import typer

from signalbox.fleets.schedule.zones import read_zone
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
