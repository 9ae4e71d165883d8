"""Runs of fleets as tables for people. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.fleet_words import OUTCOMES, counted, counts_of, savings_words
from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_words import Json, caller_name, printable, seconds_between, span, told
from signalbox_cli.tables import WIDE

MOST_NAMED, MOST_FAILED = 12, 60  # resources by name, of each group
_PHASES = {
    "pending": ("·", "dim"),
    "running": ("▸", "cyan"),
    "succeeded": ("✓", "bold green"),
    "incomplete": ("✗", "bold red"),
    "superseded": ("»", "dim"),
}
_STYLES = {"failed": "bold red", "skipped": "yellow", "reached": "green"}


@dataclass(frozen=True, slots=True)
class RunsTable:
    """One line each, with what became of the resources; when and why only where there is room."""

    runs: Sequence[Json]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        most = 6 if options.max_width >= WIDE else 4
        names = ("run", "action", "phase", "resources", "began (UTC)", "why")
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for name in names[:most]:
            table.add_column(name, no_wrap=name != "why")
        for run in self.runs:
            table.add_row(*_cells(run)[:most])
        yield table


def _cells(run: Json) -> tuple[Text, ...]:
    return (
        text(run["run_id"]),
        text(run["action"]),
        phase_text(run),
        text(_resources(run)),
        text(f"{from_rfc3339(run['created_at']):%Y-%m-%d %H:%M}"),
        Text(told(run["failure"] or run["reason"]), no_wrap=True, overflow="ellipsis"),
    )


def _resources(run: Json) -> str:
    is_over = run["phase"] in ("succeeded", "incomplete")
    return counted(counts_of(run)) or ("none is selected" if is_over and not run["failure"] else "")


def phase_text(run: Json) -> Text:
    """`✗ incomplete`."""
    mark, style = _PHASES.get(run["phase"], ("·", ""))
    return Text(f"{mark} {printable(run['phase'])}", style=style)


def run_table(run: Json) -> RenderableType:
    """How it stands, then its resources by outcome and reason, each with how many and which."""
    return Group(*_head(run), Text(), _groups(run["resources"])) if run["resources"] else Group(*_head(run))


def _head(run: Json) -> Iterator[Text]:
    yield phase_text(run).append(f" · {printable(run['action'])} {printable(run['fleet'])}", style="default")
    yield text(f"because: {told(run['reason'])}, by {caller_name(run['by'])}")
    took = f", took {span(seconds_between(run['created_at'], run['ended_at']))}" if run["ended_at"] else ""
    yield text(f"{run['run_id']}, began {from_rfc3339(run['created_at']):%Y-%m-%d %H:%M:%S} UTC{took}")
    if _resources(run):
        yield text(_resources(run))
    if run["failure"]:
        yield Text(printable(run["failure"]), style="bold red")
    if savings_words(run):
        yield text(savings_words(run))


def _groups(resources: Sequence[Json]) -> Table:
    table = plain_table("outcome", "", "kind", "why, and which")
    table.columns[1].justify = "right"
    for (outcome, reason, kind), ids in _grouped(resources):
        which = Text("\n" if reason else "").append(_names(ids, outcome), style="dim")
        why = text(told(reason)).append_text(which)
        table.add_row(
            Text(printable(outcome), style=_STYLES.get(outcome, "")), str(len(ids)), text(kind), why
        )
    return table


def _grouped(resources: Sequence[Json]) -> list[tuple[tuple[str, str, str], list[str]]]:
    """The most urgent outcome first, in it the largest group."""
    found: Mapping[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in resources:
        found[one["outcome"], one["reason"], one["kind"]].append(one["id"])
    return sorted(found.items(), key=lambda group: (_urgency(group[0][0]), -len(group[1]), group[0]))


def _urgency(outcome: str) -> int:
    return OUTCOMES.index(outcome) if outcome in OUTCOMES else len(OUTCOMES)


def _names(ids: Sequence[str], outcome: str) -> str:
    most = MOST_FAILED if outcome == "failed" else MOST_NAMED
    rest = f" and {len(ids) - most} more (-o json names all)" if len(ids) > most else ""
    return printable(", ".join(ids[:most])) + rest
