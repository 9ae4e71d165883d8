"""A rollout on a terminal: rich renderables made of what the API answers. Pure; as wide as they are given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.panel import Panel
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.guard_table import CapacityTable, GuardTable
from signalbox_cli.rollout_words import (
    ENGINE,
    Json,
    analysis_lines,
    caller_name,
    countdown,
    in_short,
    phase_name,
    place,
    printable,
    seconds_between,
    span,
    time_of_day,
    whole,
    why,
)

LATEST = 6  # entries of the timeline under a live view
SIDE_BY_SIDE = 44  # cells from which on names stand beside what they name
NARROWEST_BAR, WIDEST_BAR = 8, 30  # cells
STABLE, CANDIDATE = "blue", "magenta"
_PHASES = {
    "pending": ("·", "dim"),
    "running": ("▸", "cyan"),
    "holding": ("◔", "yellow"),
    "rolling_back": ("◂", "bold red"),
    "succeeded": ("✓", "bold green"),
    "rolled_back": ("◂", "bold yellow"),
    "stuck": ("✗", "bold red"),
}
_CLOCKS = (("detected", "detected_at"), ("acted", "acted_at"), ("restored", "restored_at"))


@dataclass(frozen=True, slots=True)
class SharesBar:
    """Stable's and the candidate's part of the traffic, side by side; told apart without colours too."""

    candidate: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, WIDEST_BAR)
        cells = round(width * self.candidate / 100)
        if 0 < self.candidate < 100:  # noqa: PLR2004 - percent: who has a part is seen
            cells = min(max(cells, 1), width - 1)
        yield Segment("█" * (width - cells), Style(color=STABLE))
        yield Segment("▒" * cells, Style(color=CANDIDATE))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(NARROWEST_BAR, options.max_width), min(WIDEST_BAR, options.max_width))


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what there is to say of each: side by side, or one below the other where it is narrow."""

    rows: Sequence[tuple[str, RenderableType]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < SIDE_BY_SIDE:
            for name, told in self.rows:
                yield Text(name, style="dim")
                yield Padding(told, (0, 0, 0, 1))
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(ratio=1)
        for row in self.rows:
            grid.add_row(*row)
        yield grid


def rollout_view(
    rollout: Json, events: Sequence[Json], now: datetime, latest: int = LATEST
) -> RenderableType:
    """Where a rollout stands. `events` are its timeline so far, oldest first; the `latest` ones are shown."""
    return Panel(
        Facts(list(_rows(rollout, events, now, latest))),
        title=Text.assemble((printable(rollout["service"]), "bold"), " · ", printable(rollout["rollout_id"])),
        title_align="left",
        subtitle=_age(rollout, now),
        subtitle_align="right",
        border_style="dim",
    )


def _rows(
    rollout: Json, events: Sequence[Json], now: datetime, latest: int
) -> Iterator[tuple[str, RenderableType]]:
    yield "version", _versions(rollout)
    yield "phase", _phase(rollout, events, now)
    yield "steps", steps_line(rollout)
    yield "traffic", _traffic(rollout)
    if rollout.get("analysis"):
        yield "experiment", Text("\n").join(Text(told) for told in analysis_lines(rollout["analysis"]))
    if rollout.get("capacity"):
        yield "capacity", CapacityTable(rollout["capacity"])
    guards = [guard for guard in rollout["guards"] if guard["state"]]
    if guards:
        yield "guards", GuardTable(guards, rollout)
    if rollout["warnings"]:
        yield "warnings", _one_line_each([Text(printable(told)) for told in rollout["warnings"]])
    yield "timeline", _latest(events[-latest:], rollout)


def _age(rollout: Json, now: datetime) -> Text:
    until = from_rfc3339(rollout["ended_at"]) if rollout["ended_at"] else now
    seconds = int((until - from_rfc3339(rollout["created_at"])).total_seconds())
    return Text(f"{whole(max(0, seconds))} · by {caller_name(rollout['requested_by'])}")


def _versions(rollout: Json) -> Text:
    names = (rollout["previous_version"], rollout["version"])
    return Text(" → ".join(printable(name) for name in names))


def _phase(rollout: Json, events: Sequence[Json], now: datetime) -> Text:
    parts = (why(rollout, events), countdown(rollout, now))
    return phase_text(rollout).append_text(Text("".join(f" · {part}" for part in parts if part)))


def phase_text(rollout: Json) -> Text:
    """`◔ holding`."""
    mark, style = _PHASES.get(rollout["phase"], ("·", ""))
    return Text.assemble((f"{mark} {printable(phase_name(rollout))}", style))


def steps_line(rollout: Json) -> Text:
    """All steps in their order, the present one marked: `2/4  ✓ provision 1 › ▸ bake 10s › retire`."""
    steps, here = rollout["steps"], rollout["step"]
    done = here["index"] if here else len(steps) if rollout["phase"] == "succeeded" else 0
    line = Text(f"{place(done, rollout)}  " if here else "")
    return line.append(Text(" › ", style="dim").join(_step(step, done, bool(here)) for step in steps))


def _step(step: Json, done: int, under_way: bool) -> Text:
    name = printable(step["name"])
    if step["index"] < done:
        return Text(f"✓ {name}", style="green")
    is_here = under_way and step["index"] == done
    return Text(f"▸ {name}", style="bold") if is_here else Text(name, style="dim")


def _traffic(rollout: Json) -> Group:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(max_width=WIDEST_BAR)
    grid.add_column(justify="right", no_wrap=True, style=STABLE)
    grid.add_column(justify="right", no_wrap=True, style=CANDIDATE)
    for kind in ("wanted", "actual"):
        split = rollout["shares"][kind]
        numbers = (f"{split[side]:3} %" for side in ("stable", "candidate"))
        grid.add_row(kind, SharesBar(split["candidate"]), *numbers)
    return Group(Text("█ stable  ▒ candidate", style="dim"), grid)


def _latest(events: Sequence[Json], rollout: Json) -> Text:
    width = max((len(event["type"]) for event in events), default=0)
    return _one_line_each([
        Text.assemble(
            (time_of_day(event["at"]), "dim"),
            f"  {printable(event['type']):<{width}}  ",
            (in_short(event["reason"], rollout), "dim"),
        )
        for event in events
    ])  # fmt: skip


def _one_line_each(lines: Sequence[Text]) -> Text:
    """Cut where the terminal ends: a view that keeps its height is easier to watch."""
    whole = Text("\n").join(lines)
    whole.no_wrap, whole.overflow = True, "ellipsis"
    return whole


def timeline_table(events: Sequence[Json], rollout: Json, began_at: str | None = None) -> Table:
    """What happened and who did it, with the time since `began_at`, else since the first of the entries."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name, justify in (("UTC", "left"), ("after", "right"), ("what", "left"), ("why", "left")):
        table.add_column(name, justify=justify, no_wrap=name in ("UTC", "after"))  # type: ignore[arg-type]
    for event in events:
        table.add_row(
            time_of_day(event["at"]),
            span(seconds_between(began_at or events[0]["at"], event["at"])),
            Text(printable(event["type"])),
            _reason(event, rollout),
        )
    return table


def _reason(event: Json, rollout: Json) -> Text:
    reason = Text(in_short(event["reason"], rollout))
    if event["actor"] == ENGINE:
        return reason
    by = Text(f"by {caller_name(event['actor'])}", style="dim")
    return reason.append(" · ").append(by) if reason else by


def clocks_table(rollout: Json, began_at: str | None = None) -> Table:
    """The three instants of a rollback, each with the time since the one before it; `began_at` (RFC 3339) is
    when the errors began, for those who know."""
    instants = [(name, rollout["clocks"][field]) for name, field in _CLOCKS]
    table = Table.grid(padding=(0, 2))
    before: str | None = None
    for name, at in [("errors", began_at), *instants] if began_at else instants:
        later = f"{span(seconds_between(before, at))} later" if before and at else ""
        table.add_row(Text(name, style="dim"), time_of_day(at, exact=True), later)
        before = at or before
    return table
