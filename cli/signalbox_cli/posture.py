"""How things stand, as people read it. Pure."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_words import Json, span

WRONG = ("open", "waiting", "remediating", "failed", "flapping", "excepted")


def posture_report(found: Json) -> RenderableType:
    """By rule and by owner, then what needs somebody."""
    rules = plain_table("rule", *WRONG, "oldest", "put right", "half within", "95 % within")
    for each in found["rules"]:
        speed = each["time_to_remediate"]
        counts = [str(each["states"].get(state, "")) for state in WRONG]
        cells = (
            each["rule"],
            *counts,
            _oldest(each),
            speed["count"],
            _took(speed["p50"]),
            _took(speed["p95"]),
        )
        rules.add_row(*(text(cell) for cell in cells))
    owners = plain_table("owner", "not closed", "oldest", *found["ages"])
    for each in found["owners"]:
        cells = (each["owner"] or "nobody", each["open"], _oldest(each), *each["ages"].values())
        owners.add_row(*(text(cell) for cell in cells))
    shown: list[RenderableType] = [rules]
    shown += [Text(), owners] if found["owners"] else []
    remarks = [text(remark) for remark in _remarks(found)]
    return Group(*shown, *([Text(), *remarks] if remarks else []))


def _remarks(found: Json) -> Iterator[str]:
    for each in found["rules"]:
        if each["halted"]:
            yield (
                f"{each['rule']} is halted, {each['queued']} wait: {each['halted']}. "
                "Have one of them put right; once that is proven the others follow."
            )
        elif each["queued"]:
            yield f"{each['rule']}: {each['queued']} wait until {', '.join(each['first'])} are proven."
    if found["next_turn_at"]:
        yield f"Others have their turns already; the next free one is at {found['next_turn_at'][:19]}Z."


def _oldest(standing: Json) -> str:
    return standing["oldest"][:16].replace("T", " ") if standing["oldest"] else ""


def _took(seconds: float | None) -> str:
    return "" if seconds is None else span(seconds)
