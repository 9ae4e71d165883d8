"""Guards and capacity of a rollout on a terminal, in columns where there is room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from signalbox_cli.rollout_words import (
    Json,
    guard_state,
    healthy_of,
    in_short,
    limit_of,
    printable,
    time_of_day,
    value_of,
)

WIDE = 60  # cells from which on a table fits
_STATES = {"OK": ("✓", "green"), "ALARM": ("✗", "bold red")}


@dataclass(frozen=True, slots=True)
class GuardTable:
    """Each alarm with its verdict, the value that led to it, its limit, how many samples, and since when."""

    guards: Sequence[Json]
    rollout: Json

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        judged = any(guard.get("datapoints") or limit_of(guard) for guard in self.guards)
        if judged and options.max_width >= WIDE:
            yield self._table()
        elif judged:
            for guard in self.guards:
                yield _cut(self._head(guard))
                yield _cut(Text(f"  {_in_one_line(guard)}", style=_style(guard)))
        else:
            for guard in self.guards:
                yield _cut(self._head(guard).append("  ").append(_verdict(guard)))

    def _head(self, guard: Json) -> Text:
        name = in_short(guard["name"], self.rollout)
        return Text.assemble((f"{_mark(guard)} ", _style(guard)), name)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        table.add_column("alarm", overflow="fold", ratio=1)
        table.add_column("verdict", no_wrap=True)
        for name in ("value", "limit", "samples"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("since", no_wrap=True)
        for guard in self.guards:
            samples = len(guard.get("datapoints") or ())
            verdict = Text(printable(guard_state(guard)), style=_style(guard))
            numbers = (value_of(guard), limit_of(guard) or "–", str(samples or "–"))
            table.add_row(self._head(guard), verdict, *numbers, time_of_day(guard.get("since")))
        return table


def _in_one_line(guard: Json) -> str:
    samples = len(guard.get("datapoints") or ())
    told = [guard_state(guard)]
    if samples:
        told.append(f"{value_of(guard)}, {samples} sample{'s' if samples > 1 else ''}")
    if limit_of(guard):
        told.append(limit_of(guard))
    return printable(" · ".join(told))


def _verdict(guard: Json) -> Text:
    told = f"{guard_state(guard)}: {guard['reason']}" if guard["state"] == "ALARM" else guard_state(guard)
    return Text(printable(told), style=_style(guard))


def _mark(guard: Json) -> str:
    return _STATES.get(guard["state"], ("·", "dim"))[0]


def _style(guard: Json) -> str:
    return _STATES.get(guard["state"], ("·", "dim"))[1]


def _cut(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


@dataclass(frozen=True, slots=True)
class CapacityTable:
    """Both sides: healthy of all instances, and which launch template version of which group that is."""

    capacity: Json

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        for name in ("stable", "candidate"):
            health, group = _side(self.capacity.get(name))
            grid.add_row(name, health, *([group] if options.max_width >= WIDE else []))
        grid.columns[1].no_wrap = options.max_width >= WIDE
        yield grid


def _side(side: Json | None) -> tuple[Text, Text]:
    if not side:
        return Text("none", style="dim"), Text()
    is_well = side["healthy"] >= side["desired"]
    group = f"{side['group']}, version {side['template_version']}"
    health = Text(healthy_of(side), style="green" if is_well else "yellow")
    return health, Text(printable(group), style="dim", no_wrap=True, overflow="ellipsis")
