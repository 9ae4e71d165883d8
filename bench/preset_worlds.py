"""Every preset in the flight simulator: a good version, a bad one, one that never becomes healthy, and a
good one without room for one instance more."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.page import PAGE, write_section
from signalbox.rollouts.strategies.presets import PRESETS
from signalbox_local.rehearsal.telling import percent

ROOT = PAGE.parent.parent
TITLE = "## Every preset in the flight simulator"
GOOD, BAD, NEVER_HEALTHY, SHORTFALL = "good", "five-percent-errors", "never-healthy", "capacity-shortfall"
SPEEDS = {GOOD: 60, BAD: 20, NEVER_HEALTHY: 60, SHORTFALL: 60}
"""World -> how much faster bakes, alarms and deadlines go. It takes requests to find a bad version out."""
IN_PLACE = ("all-at-once", "rolling")
"""What takes an instance away before it asks for the next one needs no more room than there is."""


def rehearse(world: str) -> list[dict[str, Any]]:
    """All presets in that world, one after the other. Raises RuntimeError with what was told when one is not
    as it has to be."""
    command = [str(Path(sys.executable).with_name("signalbox")), "rehearse", "-f", "examples/service.yaml"]
    command += ["--world", f"worlds/{world}.yaml", "--speed", str(SPEEDS[world])]
    command += ["--compare", ",".join(PRESETS), "-o", "json"]
    with tempfile.TemporaryFile("w+") as told:
        ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=told, text=True, check=False)
        told.seek(0)
        found: list[dict[str, Any]] = json.loads(ran.stdout or "{}").get("rehearsals", [])
        faults = [fault for one in found for fault in wrong(one, world)]
        if faults or len(found) < len(PRESETS):
            raise RuntimeError("\n".join([told.read(), *faults]))
    return found


def succeeds(preset: str, world: str) -> bool:
    """Whether the new version is to win. An experiment promotes what is better, and a good one is as good."""
    return preset in IN_PLACE if world == SHORTFALL else world == GOOD and preset != "ab-test"


def wrong(one: Mapping[str, Any], world: str) -> list[str]:
    """What of a rehearsal is not as it has to be: its end, an invariant, or whom users came to."""
    fits = succeeds(one["strategy"], world)
    wanted = "succeeded" if fits else "rolled_back"
    faults = [check["told"] for check in one["checks"] if not check["holds"]]
    if one["phase"] != wanted:
        faults.append(f"it is {one['phase']}, not {wanted}: {one['reason']}")
    if world in (NEVER_HEALTHY, SHORTFALL) and not fits and one["versions"].get(one["version"]):
        faults.append("users came to a version that was not healthy as a whole")
    return [f"{one['strategy']} in {world}: {fault}" for fault in faults]


def lines(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """A section of the page, from the rehearsals of each world."""
    return [
        TITLE,
        "",
        "Written by `make bench-rollouts`. `examples/service.yaml`, four instances, of which three have to",
        "serve, in four of the [worlds](worlds.md): how it ends, *users hurt*, *seconds* from the alarm or",
        "the deadline to traffic that is back, and the *fewest healthy* of four. Each invariant of a",
        "[rehearsal](rehearsal.md#what-it-tells) held, nothing was left over, and no user came to a version",
        "that never became healthy or had no room. Without room for one instance more `all-at-once` and",
        "`rolling` succeed: they take one away before they ask for the next. All others ask first, and wait",
        "for `guards.deadline`. `ab-test` promotes what is better, and goes back from what is only as good.",
        "",
        f"| end, users hurt, seconds, fewest healthy | {' | '.join(found)} |",
        f"| --- |{' --- |' * len(found)}",
        *(
            f"| {row[0]['strategy']} | {' | '.join(map(_cell, row))} |"
            for row in zip(*found.values(), strict=True)
        ),
        "",
    ]


def _cell(one: Mapping[str, Any]) -> str:
    back = "" if one["restore_seconds"] is None else f", {one['restore_seconds']:.1f} s"
    end = "back" if one["phase"] == "rolled_back" else one["phase"]
    return f"{end}, {percent(one['share_hurt'])}{back}, {one['lowest_healthy']}"


if __name__ == "__main__":
    write_section(lines({world: rehearse(world) for world in SPEEDS}))
