"""`signalbox rehearse`: reads, rehearses once or once for each preset, tells, and says how it ended."""

import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from rich.console import Console

from signalbox_cli.following import Refused
from signalbox_cli.rollout_words import printable
from signalbox_local.embedded import CannotStart, keep_to_this_machine, new_folder, remove
from signalbox_local.rehearsal.blueprint import CannotReplicate
from signalbox_local.rehearsal.rehearse import LoadDied, Rehearsal, rehearse
from signalbox_local.rehearsal.result import BROKEN
from signalbox_local.rehearsal.screen import Screen
from signalbox_local.rehearsal.script import Script, TooFast, UnknownVersion, Wishes, write_script
from signalbox_local.rehearsal.spec import BadSpec, read_spec
from signalbox_local.rehearsal.telling import comparison_row, comparison_tables, facts, phases_table, verdict
from signalbox_local.world import BadWorld, read_world

INTERRUPTED = 130
_WRONG = (BadSpec, BadWorld, CannotReplicate, TooFast, UnknownVersion)
_FAILURES = (
    CannotStart,
    LoadDied,
    Refused,
    TimeoutError,
    ClientError,
    BotoCoreError,
    HTTPClientError,
    OSError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for; `presets` empty: the service's own strategy."""

    file: Path
    world: Path
    wishes: Wishes
    presets: tuple[str, ...] = ()
    report: Path | None = None
    output: Literal["table", "json"] = "table"


def run(request: Request) -> int:
    """The exit code: 0 ended well, 1 went back, 2 an invariant was broken or it could not be rehearsed."""
    told = Console(highlight=False, stderr=request.output == "json")
    try:
        scripts = _scripts(request)
    except _WRONG as wrong:
        print(_lines(wrong), file=sys.stderr)
        return BROKEN
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    keep_to_this_machine()
    try:
        found = [one for script in scripts if (one := _rehearse(script, told)) is not None]
    except KeyboardInterrupt:
        told.print("\nstopped; nothing is left running")
        return INTERRUPTED
    code = _conclude(request, found, told) if found else BROKEN
    return code if len(found) == len(scripts) else BROKEN


def _lines(problem: Exception) -> str:
    """What others have named cannot steer the terminal."""
    return "\n".join(printable(line) for line in str(problem).splitlines())


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _scripts(request: Request) -> list[Script]:
    """All that can be wrong is found here. Raises what `_WRONG` names."""
    if request.report and not request.report.absolute().parent.is_dir():
        raise BadSpec(f"--report {request.report}: there is no such folder")
    spec, world = read_spec(request.file), read_world(request.world)
    chosen = request.presets or (request.wishes.preset,)
    wishes = request.wishes
    return [
        write_script(
            spec,
            world,
            Wishes(version=wishes.version, preset=preset, speed=wishes.speed, seed=wishes.seed),
        )
        for preset in chosen
    ]


def _rehearse(script: Script, told: Console) -> Rehearsal | None:
    """None when it was not possible, and why has been told: the other presets of a comparison go on."""
    screen = Screen(told)
    world = script.world
    screen.heading(f"{script.plan.name}: {script.strategy_name} in the world “{world.title}”")
    folder = new_folder("rehearsal")
    try:
        with screen.watching(f"an AWS of its own, a replica of {script.plan.name}, and its users") as show:
            found = rehearse(script, folder, show)
    except _FAILURES as why:
        told.print(f"\nThe rehearsal failed: {_lines(why)}", style="bold red", markup=False, soft_wrap=True)
        told.print(f"What the functions and the runtime wrote is in {folder}/.signalbox/logs", soft_wrap=True)
        return None
    except BaseException:
        remove(folder)
        raise
    remove(folder)
    screen.gap()
    screen.facts(facts(found.summary))
    screen.table(phases_table(found.summary))
    screen.checks(found.summary.checks)
    return found


def _conclude(request: Request, found: Sequence[Rehearsal], told: Console) -> int:
    summaries = [one.summary for one in found]
    code = max(one.exit_code for one in summaries)
    if len(summaries) > 1:
        screen = Screen(told)
        screen.heading("Side by side")
        for number, table in enumerate(comparison_tables([comparison_row(one) for one in summaries])):
            if number:
                screen.gap()
            screen.table(table)
    if request.report:
        # Plots take a second to load: only who asks for them pays.
        from signalbox_local.rehearsal.report.page import write_report  # noqa: PLC0415

        write_report(request.report, found)
        told.print(f"\n  report: {request.report}", markup=False, soft_wrap=True)
    if request.output == "json":
        print(json.dumps(_as_json(request, found), default=str, indent=2))
    else:
        told.print(f"\n  {verdict(code)}")
    return code


def _as_json(request: Request, found: Sequence[Rehearsal]) -> object:
    """One object, or `{"rehearsals": […]}` of a comparison."""
    each = [{**_given(one.script), **one.summary.as_json()} for one in found]
    return {"rehearsals": each} if request.presets else each[0]


def _given(script: Script) -> dict[str, object]:
    given = {"service": script.plan.name, "world": script.world.title}
    return {**given, "speed": script.speed, "seed": script.seed}
