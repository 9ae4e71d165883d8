"""What all tables for people have in common, and the one of a timeline. Pure."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.rollout_words import ENGINE, Json, caller_name, printable, told


def plain_table(*columns: str, whole: int = 1) -> Table:
    """Its first column is what a person copies: never cut, nor are the next ones of so many in all."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for place, name in enumerate(columns):
        table.add_column(name, no_wrap=place < whole, overflow="fold")
    return table


def text(value: object) -> Text:
    """What others have named, as it is and on one line."""
    return Text(printable(str(value)))


def timeline_table(events: Sequence[Json]) -> Table:
    """What happened and who did it; in UTC, since what has been forgotten has no zone any more."""
    table = plain_table("UTC", "what", "why")
    for event in events:
        reason = text(told(event["reason"]))
        if event["actor"] != ENGINE:
            by = Text(f"by {caller_name(event['actor'])}", style="dim")
            reason = reason.append(" · ").append_text(by) if reason else by
        table.add_row(text(f"{from_rfc3339(event['at']):%Y-%m-%d %H:%M:%S}"), text(event["type"]), reason)
    return table
