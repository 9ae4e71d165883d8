"""Run all benchmarks and write docs/benchmarks.md."""

import platform
import sys
from datetime import UTC, datetime

from bench import (
    cold_start,
    data_plane,
    findings,
    fleet_stops,
    preset_worlds,
    reaction,
    rollout_sizes,
    start_up,
    transitions,
)
from bench.page import PAGE, section
from bench.runtime import own_runtime


def main(rollbacks: int) -> None:
    """Cold starts first, while nothing else runs; then that many rollbacks at each kind of hold."""
    starts = [cold_start.measure(handler) for handler in cold_start.HANDLERS]
    command, plane = start_up.measure(), data_plane.measure()
    with own_runtime() as runtime:
        costs = [transitions.measure(runtime, preset) for preset in transitions.PRESETS]
        floor = reaction.floor(runtime, rollbacks)
        reactions = {hold: reaction.measure(runtime, hold, rollbacks) for hold in reaction.HOLDS}
    lines = [*_head(), *_reactions(floor, reactions), *_costs(costs)]
    for kept in (rollout_sizes.TITLE, preset_worlds.TITLE):  # `make bench-rollouts` writes them
        lines += section(kept)
    lines += _starts(starts)
    lines += [*_command(command), *data_plane.lines(plane)]
    lines += findings.lines([findings.measure(count) for count in findings.FINDINGS])
    lines += section(fleet_stops.TITLE)  # `make bench-fleets` writes it
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    sys.stdout.write(PAGE.read_text())


def _head() -> list[str]:
    day = datetime.now(UTC).date().isoformat()
    return [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {day}: Python {platform.python_version()}, {platform.machine()}, the",
        "local runtime on one machine. Machines are noisy: read the ratios, which compare within one run.",
        "",
    ]


def _reactions(floor: list[reaction.Reaction], found: dict[str, list[reaction.Reaction]]) -> list[str]:
    base_act = reaction.percentiles([r.act for r in floor])
    base_restore = reaction.percentiles([r.restore for r in floor])
    rows = [("floor: the same calls by hand", floor), *((f"alarm during {h}", r) for h, r in found.items())]
    lines = [
        "## Reaction: from the alarm to traffic that is back",
        "",
        f"{len(floor)} rollbacks at each kind of hold. *act*: to the first restoring write accepted;",
        "*restore*: to the read-back that shows it; *call*: which AWS call of the alarm's function that",
        "write is. Milliseconds.",
        "",
        "| | call | act p50 | p95 | p99 | × floor | restore p50 | p95 | p99 | × floor |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, measured in rows:
        act = reaction.percentiles([r.act for r in measured])
        restore = reaction.percentiles([r.restore for r in measured])
        place = max(r.place for r in measured)
        lines.append(
            f"| {name} | {place} | {_three(act)} | {act[0] / base_act[0]:.1f} "
            f"| {_three(restore)} | {restore[0] / base_restore[0]:.1f} |"
        )
    return [*lines, ""]


def _three(values: tuple[float, float, float]) -> str:
    return " | ".join(f"{value:.0f}" for value in values)


def _costs(costs: list[transitions.Cost]) -> list[str]:
    lines = [
        "## What a rollout costs",
        "",
        "A good rollout of four instances. The bound is 2 × steps + 4 + 3 × settling holds; it does not",
        "depend on the length of the bakes. Beside it the transitions of designs that poll through",
        f"{transitions.MINUTES}-minute bakes, with Wait, Check and Choice at each look.",
        "",
        "| strategy | steps | settling | transitions | bound | poll 60 s | poll 30 s | functions | writes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {c.preset} | {c.steps} | {c.settles} | {c.transitions} | {c.bound} "
        f"| {c.polling(60)} | {c.polling(30)} | {c.invocations} | {c.writes} |"
        for c in costs
    ]
    return [*lines, ""]


def _starts(starts: list[cold_start.ColdStart]) -> list[str]:
    lines = [
        "## Cold start",
        "",
        f"A fresh process imports the handler and makes its clients; median of {cold_start.RUNS}, beside",
        "boto3 with the same clients. **Bold**: the alarm path.",
        "",
        "| handler | clients | ms | MB | boto3 ms | boto3 MB | × time | × memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for s in starts:
        name = f"**{s.handler}**" if s.handler in cold_start.ALARM_PATH else s.handler
        lines.append(
            f"| {name} | {s.clients} | {s.milliseconds:.0f} | {s.megabytes:.0f} | {s.floor_milliseconds:.0f} "
            f"| {s.floor_megabytes:.0f} | {s.milliseconds / s.floor_milliseconds:.2f} "
            f"| {s.megabytes / s.floor_megabytes:.2f} |"
        )
    return [*lines, ""]


def _command(found: start_up.StartUp) -> list[str]:
    return [
        "## The command line",
        "",
        f"`signalbox --help` from start to end takes {found.ratio:.2f} times what Typer takes for a program",
        f"with one command: {found.milliseconds:.0f} ms and {found.floor_milliseconds:.0f} ms, medians of "
        f"{start_up.RUNS}. The bar is {start_up.LIMIT:.0f}.",
        "",
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else reaction.ROLLBACKS)
