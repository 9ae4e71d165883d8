"""Services, rollouts and plans as tables for people. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_view import phase_text
from signalbox_cli.rollout_words import Json, caller_name, in_short, printable

T = TypeVar("T")
WIDE = 110  # cells from which on a list of rollouts has all its columns
_DAY_AND_TIME = 16  # of `2026-11-22T08:00:00.000Z`: to the minute


def services_table(services: Sequence[Json]) -> Table:
    """One line each."""
    table = plain_table("service", "owner", "group", "strategy", "alarms", "registered")
    for service in services:
        table.add_row(
            text(service["name"]),
            text(service["owner"]),
            text(_groups(service["platform"])),
            text(_strategy(service["strategy"])),
            text(str(len(service["guards"]["alarms"]))),
            text(_minute(service["updated_at"])),
        )
    return table


def registration(service: Json) -> RenderableType:
    """A service, and which strategies do not suit it."""
    declared = {name: value for name, value in service.items() if name not in ("unsuitable", "safest")}
    return Group(service_table(declared), *suitability(service))


def suitability(told: Json) -> Iterator[Text]:
    """The presets that do not suit, each with why, and the safest of the others; nothing when all suit."""
    if told["unsuitable"]:
        yield from _paragraph(
            "unsuitable", [f"{one['preset']}: {'; '.join(one['reasons'])}" for one in told["unsuitable"]]
        )
        yield from _paragraph("safest that is left", [told["safest"] or "no preset is left"])


def service_table(service: Json) -> RenderableType:
    """All that is registered, each field by its dotted path."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for place, value in _leaves(service):
        facts.add_row(text(place), text(value))
    return facts


@dataclass(frozen=True, slots=True)
class RolloutsTable:
    """One line each, with how it ended or what it waits for; when and by whom only where there is room."""

    rollouts: Sequence[Json]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        is_wide = options.max_width >= WIDE
        names = ("rollout", "began", "version", "phase", "by", "why")
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for name in _kept(names, is_wide=is_wide):
            table.add_column(name, no_wrap=name != "why")
        for rollout in self.rollouts:
            table.add_row(*_kept(_cells(rollout), is_wide=is_wide))
        yield table


def _kept(cells: Sequence[T], *, is_wide: bool) -> tuple[T, ...]:
    return tuple(cells) if is_wide else (cells[0], cells[2], cells[3], cells[5])


def _cells(rollout: Json) -> tuple[Text, ...]:
    return (
        text(rollout["rollout_id"]),
        text(_minute(rollout["created_at"])),
        text(rollout["version"]),
        phase_text(rollout),
        text(caller_name(rollout["requested_by"])),
        Text(printable(_why(rollout)), no_wrap=True, overflow="ellipsis"),
    )


def plan_table(plan: Json) -> RenderableType:
    """The steps with their AWS writes, their cost, what appears and goes; parameters are in `-o yaml`."""
    steps = plain_table("step", "", "AWS write", "of")
    for step in plan["steps"]:
        steps.add_row(text(f"{step['index'] + 1}"), Text(printable(step["name"]), style="bold"))
        for write in plan["writes"]:
            if write["step"] == step["index"]:
                call = f"{write['service']}:{write['operation']}"
                steps.add_row("", "", text(call), text(write["resource"]))
    return Group(steps, Text("\nestimate", style="dim"), _estimate(plan["estimate"]), *_lists(plan))


def _lists(plan: Json) -> Iterator[Text]:
    for field in ("creates", "replaces", "switches", "removes"):
        yield from _paragraph(field, plan[field])
    yield from suitability(plan)
    yield from _paragraph("warnings", plan["warnings"], style="yellow")


def _paragraph(title: str, lines: Sequence[str], style: str = "") -> Iterator[Text]:
    if lines:
        yield Text(f"\n{title}", style="dim")
        yield Text("\n".join(f"  {printable(line)}" for line in lines), style=style)


def _estimate(cost: Json) -> Text:
    serving = f"at least {cost['lowest_healthy']} of {cost['size']} instances serve"
    more = f"{cost['extra_instance_hours']:g} more instance hours"
    if cost["extra_load_balancer_hours"]:
        more += f", {cost['extra_load_balancer_hours']:g} of a load balancer"
    told = f"  about {cost['duration']}; {serving}; {more}"
    return Text(printable(told), style="red" if cost["downtime"] else "")


def sentence(told: str) -> Text:
    """What was done."""
    return Text(printable(told))


def sentences(told: Iterable[str]) -> Text:
    """What there is to say, a line each."""
    return Text("\n").join(sentence(one) for one in told)


def _minute(at: str) -> str:
    return at[:_DAY_AND_TIME].replace("T", " ")


def _groups(platform: Json) -> str:
    slots = platform.get("slots") or ()
    return ", ".join(slot["group"] for slot in slots) or str(platform.get("group"))


def _strategy(strategy: Json) -> str:
    return str(strategy.get("preset") or f"{len(strategy.get('steps') or ())} steps")


def _why(rollout: Json) -> str:
    told = rollout["outcome"] or rollout["hold"]
    return in_short(told["reason"], rollout) if told else ""


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Dotted paths and values; what is null is left out."""
    match value:
        case Mapping():
            for name, part in value.items():
                yield from _leaves(part, f"{place}.{name}" if place else str(name))
        case list() if any(isinstance(part, Mapping) for part in value):
            for number, part in enumerate(value):
                yield from _leaves(part, f"{place}.{number}")
        case list():
            if value:
                yield place, ", ".join(map(str, value))
        case None:
            return
        case bool():
            yield place, str(value).lower()
        case _:
            yield place, str(value)
