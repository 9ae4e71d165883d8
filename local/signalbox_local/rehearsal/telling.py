"""A rehearsal's figures in words, as tables for a terminal. Pure."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from signalbox_cli.rollout_words import printable, span
from signalbox_local.rehearsal import prices
from signalbox_local.rehearsal.figures import Count
from signalbox_local.rehearsal.result import Summary

NONE = "–"
_VERDICTS = {0: "ended well", 1: "went back", 2: "an invariant was broken"}


def facts(found: Summary) -> Iterator[tuple[str, str]]:
    """Name and what there is to say, in the order of their weight."""
    blast, effort, bill = found.blast, found.effort, found.bill
    yield "outcome", f"{found.phase.replace('_', ' ')} after {span(found.seconds)}: {found.reason}"
    yield "", as_expected(found)
    yield "users hurt", f"{blast.users_hurt} of {blast.users} ({percent(blast.share_hurt)})"
    yield "", f"the old version hurt {blast.users_hurt_by_stable} of them"
    yield "requests", f"{blast.failed} failed, {blast.slowed} slowed; {_error_minutes(found)}"
    yield from clock_facts(found)
    if found.followed_seconds is not None:
        yield "clients", f"came to the version without traffic for {span(found.followed_seconds)} more"
    yield (
        "capacity",
        f"{found.lowest_healthy} of {found.size} healthy at the worst; the floor is {found.floor}",
    )
    yield "", _extra(found)
    yield "AWS calls", f"{effort.calls}{_throttled(found)}; {effort.writes} writes to DynamoDB"
    yield "machine", f"{effort.transitions} state transitions, {effort.invocations} invocations"
    yield "cost", f"{dollars(bill.control_plane)} for Signalbox, {dollars(bill.capacity)} for instances"
    yield "", f"list prices of {prices.REGION}, {prices.AS_OF}; {prices.INSTANCE_TYPE}"
    for warning in found.warnings:
        yield "warning", warning


def as_expected(found: Summary) -> str:
    """Beside what the world says of canary and blue/green."""
    if found.phase == found.expected:
        return "as the world expects"
    return f"the world expects: {found.expected.replace('_', ' ')}"


def clock_facts(found: Summary) -> Iterator[tuple[str, str]]:
    """Only of what went back."""
    here, real = found.clocks.detection(), found.detection_at_real_speed
    if here is not None and real is not None:
        yield "detected", f"{span(here)} after the first bad answer; about {span(real)} at real speed"
    clocks = found.clocks
    if clocks.detected is not None and clocks.acted is not None:
        yield "acted", f"{span(clocks.acted - clocks.detected)} after that"
    if found.restore_seconds is not None:
        yield "restored", f"{span(found.restore_seconds)} after it was detected"


def _error_minutes(found: Summary) -> str:
    blast = found.blast
    real = f"{blast.error_minutes_at_real_speed:.2f} at real speed"
    return f"{blast.error_minutes:.2f} error minutes, {real}"


def _extra(found: Summary) -> str:
    here, real = found.extra_instance_seconds, found.extra_instance_seconds_at_real_speed
    return f"{here:.0f} instance seconds above the baseline, {real:.0f} at real speed"


def _throttled(found: Summary) -> str:
    return f", {found.effort.throttled} throttled" if found.effort.throttled else ""


def percent(share: float) -> str:
    """Two digits that mean something."""
    return f"{share:.0f} %" if share >= 10 or not share else f"{share:.2g} %"  # noqa: PLR2004


def dollars(amount: float) -> str:
    """Small sums too."""
    return f"${amount:.4f}"


def phases_table(found: Summary) -> Table:
    """Requests, failed and slowed, by phase and version."""
    names = list(dict.fromkeys(name for phase in found.phases for name in phase.versions))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("phase")
    table.add_column("took", justify="right")
    for name in names:
        table.add_column(printable(name), justify="right")
    for phase in found.phases:
        cells = [_cell(phase.versions.get(name)) for name in names]
        table.add_row(printable(phase.name), span(phase.seconds), *cells)
    table.caption = "requests · failed · slowed"
    table.caption_style, table.caption_justify = "dim", "left"
    return table


def _cell(count: Count | None) -> Text:
    if count is None:
        return Text(NONE, style="dim")
    text = Text(str(count.requests))
    text.append(" · ").append(str(count.failed), style="red" if count.failed else "dim")
    return text.append(" · ").append(str(count.slowed), style="yellow" if count.slowed else "dim")


COLUMNS = (
    "",
    "outcome",
    "users hurt",
    "requests failed",
    "requests slowed",
    "error minutes",
    "detected after",
    "restored after",
    "lowest capacity",
    "cost",
)


ABREAST = 3  # rehearsals; with the longest names of presets that are 80 columns


def comparison_row(found: Summary) -> tuple[str, ...]:
    """One rehearsal in the order of COLUMNS; detection and error minutes at real speed."""
    blast, real = found.blast, found.detection_at_real_speed
    return (
        found.strategy,
        found.phase.replace("_", " ") if not found.broken else "broken",
        percent(blast.share_hurt),
        str(blast.failed),
        str(blast.slowed),
        f"{blast.error_minutes_at_real_speed:.2f}",
        NONE if real is None else span(real),
        NONE if found.restore_seconds is None else span(found.restore_seconds),
        f"{found.lowest_healthy}/{found.size}",
        dollars(found.bill.total),
    )


def comparison_tables(rows: Sequence[tuple[str, ...]]) -> Iterator[Table]:
    """Each rehearsal in a column, and a few in each table: a terminal is narrow."""
    for start in range(0, len(rows), ABREAST):
        yield _comparison_table(rows[start : start + ABREAST])


def _comparison_table(found: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
    head, *rows = zip(COLUMNS, *found, strict=True)
    for place, name in enumerate(head):
        table.add_column(printable(name), justify="right" if place else "left", style="" if place else "dim")
    for row in rows:
        table.add_row(*(printable(cell) for cell in row))
    table.caption = "detected and error minutes: at real speed"
    table.caption_style, table.caption_justify = "dim", "left"
    return table


def verdict(code: int) -> str:
    """What an exit code means."""
    return _VERDICTS[code]
