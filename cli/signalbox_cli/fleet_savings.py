"""What a fleet saved, as a table for people. Pure."""

from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.text import Text

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_words import Json

_NUMBERS = ("resources", "hours", "price", "saved")
_UNKNOWN = "–"


def savings_table(found: Json, zone: tzinfo) -> RenderableType:
    """One line for each kind and size, then what is known in all."""
    since, until = (
        f"{from_rfc3339(found[at]).astimezone(zone):%a %Y-%m-%d %H:%M}" for at in ("since", "until")
    )
    head = text(f"{found['fleet']} stood still, {since} to {until} ({zone})")
    if not found["items"]:
        return Group(head, Text("nothing that the record knows of"))
    table = plain_table("kind", "size", *_NUMBERS)
    for column in table.columns[-len(_NUMBERS) :]:
        column.justify = "right"
    for one in found["items"]:
        table.add_row(
            text(one["kind"]),
            text(one["unit"] or "unknown"),
            str(one["resources"]),
            f"{one['hours']:,.1f}",
            _UNKNOWN if one["price"] is None else f"{one['price']:g}",
            _money(one["savings"]),
        )
    table.add_row("in all", "", "", f"{found['hours']:,.1f}", "", _money(found["savings"]), style="bold")
    return Group(head, Text(), table, *_unpriced(found))


def _money(amount: float | None) -> str:
    return _UNKNOWN if amount is None else f"{amount:,.2f}"


def _unpriced(found: Json) -> list[Text]:
    names = ", ".join(name or "the unknown size" for name in found["unpriced"])
    return (
        [Text(), Text(f"no price is known of {names}: not counted as saved", style="yellow")] if names else []
    )
