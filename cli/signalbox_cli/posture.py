"""How things stand, as people read it. Pure."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_words import Json, span

CLOSED = ("remediated", "gone")


def posture_report(found: Json) -> RenderableType:
    """By rule and by owner, then what needs somebody."""
    rules = plain_table("rule", "verdict", "oldest", "put right")
    for each in found["rules"]:
        cells = (each["rule"], _verdict(each), _oldest(each), _took(each["time_to_remediate"]))
        rules.add_row(*(text(cell) for cell in cells))
    owners = plain_table("owner", "not closed", "oldest", *found["ages"], whole=3)
    for each in found["owners"]:
        cells = (each["owner"] or "nobody", each["open"], _oldest(each), *each["ages"].values())
        owners.add_row(*(text(cell) for cell in cells))
    shown: list[RenderableType] = [rules]
    shown += [Text(), owners] if found["owners"] else []
    remarks = [text(remark) for remark in _remarks(found)]
    return Group(*shown, *([Text(), *remarks] if remarks else []))


def _remarks(found: Json) -> Iterator[str]:
    blind: dict[str, list[str]] = {}
    for each in found["rules"]:
        if each["no_data"]:
            blind.setdefault(each["no_data"], []).append(each["rule"])
    for reason, rules in blind.items():
        of = "any rule" if len(rules) == len(found["rules"]) else ", ".join(rules)
        yield f"No data of {of}: {reason}."
    for each in found["rules"]:
        if each["halted"]:
            yield (
                f"{each['rule']} is halted, {each['queued']} wait: {each['halted']}. "
                "Have one of them put right; once that is proven the others follow."
            )
        elif each["queued"]:
            yield (
                f"{each['rule']}: {each['queued']} wait until {', '.join(each['first'])} are proven; "
                f"the last of them has its turn at about {each['last_turn_at'][:19]}Z."
            )
    if found["next_turn_at"]:
        yield f"Others have their turns already; the next free one is at {found['next_turn_at'][:19]}Z."


def _verdict(rule: Json) -> str:
    """What is not closed says more than that it is not compliant."""
    found = [f"{count} {state}" for state, count in rule["states"].items() if state not in CLOSED]
    if rule["verdict"] != "non_compliant":
        found.insert(0, rule["verdict"].replace("_", " "))
    return ", ".join(found)


def _oldest(standing: Json) -> str:
    return standing["oldest"][:16].replace("T", " ") if standing["oldest"] else ""


def _took(speed: Json) -> str:
    if not speed["count"]:
        return ""
    return f"{speed['count']}, half in {span(speed['p50'])}, 95 % in {span(speed['p95'])}"
