"""The film: a week of a fleet, from Monday midnight to Sunday midnight."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from rich.console import Console, Group
from rich.text import Text

from signalbox_cli.fleet_arguments import in_range
from signalbox_cli.fleet_savings import savings_table
from signalbox_cli.fleet_words import zone_of
from signalbox_cli.rollout_words import Json, span
from signalbox_cli.week_picture import WeekPicture
from signalbox_local.demo_fleet.diary import Diary
from signalbox_local.demo_fleet.effort import effort
from signalbox_local.demo_fleet.pace import Pace
from signalbox_local.demo_fleet.picture import DAYS, RunPicture
from signalbox_local.demo_fleet.record import Changes, left_alone, rows_of, seconds_between, seconds_run
from signalbox_local.demo_fleet.resources import make_resources, power_of
from signalbox_local.demo_fleet.stage import DAY, THURSDAY, Stage
from signalbox_local.demo_fleet.week import pass_week
from signalbox_local.embedded import EmbeddedAws, await_ready, runtime
from signalbox_local.rehearsal.screen import Screen

HERE = Path(__file__).parent
# Nobody asks the instances anything, and how long they boot is not the story.
QUICKLY = {"SIGNALBOX_LOCAL_TRAFFIC": "off", "SIGNALBOX_LOCAL_BOOT_SECONDS": "0.1"}
LEGEND = (
    "1  running until 22:00, as somebody asked on Tuesday; it ended by itself",
    "2  started by hand, and stopped again",
    "3  nobody woke it at 20:00; the stop was caught up with once, and nothing was replayed",
    "4  a holiday",
)
HOUR = 3600.0  # seconds
LEAD = timedelta(hours=1)  # before the Monday that is played


def play(console: Console, folder: Path) -> bool:
    """Whether every check holds. Raises CannotStart, Refused, Unexpected, or what boto3 raises."""
    began = time.monotonic()
    screen = Screen(console)
    screen.title("Signalbox: a week of sixty resources, on this machine")
    screen.heading("An AWS of its own, and what is in it")
    with runtime(folder, QUICKLY, {}) as process:
        with screen.waiting("starting"):
            aws = await_ready(process, folder)
            make_resources(aws.client)
        stage = _stage(console, aws)
        _introduce(screen, stage, time.monotonic() - began)
        _foretell(screen, stage)
        screen.heading("The week, as it passes")
        pass_week(stage)
        _conclude(screen, stage)
    screen.checks(stage.checks)
    screen.heading("Done")
    screen.say(f"It took {span(time.monotonic() - began)}; nothing is left running.")
    return all(check.holds for check in stage.checks)


def _stage(console: Console, aws: EmbeddedAws) -> Stage:
    spec = yaml.safe_load((HERE / "fleet.yaml").read_text())
    zone, pace = zone_of(spec["zone"]), Pace(aws)
    soon = pace.now() + LEAD
    tomorrow = (soon.astimezone(zone) + DAY).date()
    monday = tomorrow + DAY * (-tomorrow.weekday() % DAYS)
    return Stage(
        diary=Diary(console, zone),
        aws=aws,
        pace=pace,
        spec={**spec, "holidays": [f"{monday + THURSDAY}"]},
        zone=zone,
        monday=datetime(monday.year, monday.month, monday.day, tzinfo=zone),
        before=power_of(aws.client),
        first_call=aws.control("calls?last=1")["calls"][0]["sequence"],
    )


def _introduce(screen: Screen, stage: Stage, seconds: float) -> None:
    kinds = Counter(kind for kind, _ in stage.before)
    named = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    running, spec = sum(stage.before.values()), stage.spec
    (period,) = spec["schedule"]
    hours = f"{period['days']} {period['from']} to {period['to']}, {spec['zone']}"
    screen.facts([
        ("API", stage.aws.state["api_url"]),
        ("AWS", stage.aws.state["aws_endpoint"]),
        ("ready after", span(seconds)),
        ("resources", f"{len(stage.before)}, {running} of them running: {named}"),
        ("fleet", f"{spec['name']}, mode {spec['mode']}: all that is tagged env=qa"),
        ("runs", f"{hours}; Thursday is a holiday"),
    ])  # fmt: skip


def _foretell(screen: Screen, stage: Stage) -> None:
    """Before anything is stored."""
    coming = stage.ask("POST", in_range("/forecast", stage.monday, stage.end), stage.spec, "viewer")["items"]
    screen.heading("What the week will be, before anything is stored")
    screen.table(WeekPicture(coming, stage.zone, stage.monday, stage.end, running=False))


def _conclude(screen: Screen, stage: Stage) -> None:
    runs, changes = stage.runs(), stage.changes()
    screen.heading("The week that was run")
    rows = rows_of(stage.before, left_alone(runs))
    picture = RunPicture(changes=changes, rows=rows, monday=stage.monday, marks=stage.marks)
    screen.table(Group(picture, Text(), *(Text(line, style="dim") for line in LEGEND)))
    screen.heading("What it saved")
    saved = stage.ask("GET", in_range("/savings", stage.monday, stage.end), caller="viewer")
    screen.table(savings_table(saved, stage.zone))
    _check_savings(stage, saved["items"], changes)
    screen.heading("What it took")
    calls = stage.aws.control(f"calls?since={stage.first_call}")["calls"]
    screen.gap()
    screen.facts(effort(calls, runs))


def _check_savings(stage: Stage, saved: Sequence[Json], changes: Changes) -> None:
    """Each counts by itself: the picture here, the report in the API."""
    instances = [each for (kind, _), each in changes.items() if kind == "ec2"]
    ran = sum(seconds_run(each, stage.monday, stage.end) for each in instances)
    stood = (seconds_between(stage.monday, stage.end) * len(instances) - ran) / HOUR
    told = sum(one["hours"] for one in saved if one["kind"] == "ec2")
    found = f"{told:.1f} and {stood:.1f}"
    stage.check("the hours that instances saved are those of the picture", found, holds=abs(told - stood) < 1)
