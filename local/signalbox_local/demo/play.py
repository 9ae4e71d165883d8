"""The film: a good version by canary, a bad one by blue/green, and the bad one all at once for contrast."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from signalbox_cli.following import ask
from signalbox_cli.rollout_news import Sighting
from signalbox_cli.rollout_words import Json, phase_name, span, why
from signalbox_local.demo.by_hand import NOTICED_AFTER, ByHand, all_at_once
from signalbox_local.film import Unexpected
from signalbox_local.rehearsal.fidelity import as_at_real_speed
from signalbox_local.rehearsal.figures import Blast, blast, within
from signalbox_local.rehearsal.looks import lowest_healthy
from signalbox_local.rehearsal.rehearse import Rehearsal, Stage, let_pass, on_stage, perform
from signalbox_local.rehearsal.screen import Screen
from signalbox_local.rehearsal.script import Script, Wishes, write_script
from signalbox_local.rehearsal.spec import read_spec, strategy_body
from signalbox_local.rehearsal.telling import NONE, clock_facts, percent, phases_table
from signalbox_local.world import read_world

HERE = Path(__file__).parent
SPEED = 20.0
PATIENCE = 90.0  # seconds that one rollout may take
AFTERWARDS = 1.0  # seconds, so that the last answers count


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One rollout of the story: what serves, what is tried and how, and how it must end."""

    title: str
    serves: str
    version: str
    preset: str
    ends: str


GOOD = Act(title="A good version, by canary", serves="v1", version="v2", preset="canary", ends="succeeded")
BAD = Act(
    title="A bad version, by blue/green", serves="v2", version="v3", preset="blue-green", ends="rolled_back"
)
CONTRAST = "The same bad version, all at once, by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Of the table at the end; `back` are seconds from the alarm to traffic that is back, at real speed."""

    title: str
    users: Blast
    lowest: int
    size: int
    back: float | None


def play(console: Console, folder: Path) -> bool:
    """Whether every check holds. Raises CannotStart, Refused, Unexpected, or what boto3 raises."""
    began = time.monotonic()
    screen = Screen(console)
    screen.title("Signalbox: a good rollout and a bad one, on this machine, with real traffic")
    screen.heading("An AWS of its own, a service, and its users")
    with ExitStack() as stack:
        with screen.waiting("starting"):
            stage = stack.enter_context(on_stage(_script(GOOD), folder))
        _introduce(screen, stage, time.monotonic() - began)
        acts = [_perform(screen, stage, act) for act in (GOOD, BAD)]
        contrast = _by_hand(screen, stage)
    screen.heading("Who was hurt")
    screen.table(_table([*(_column(act, found) for act, found in acts), contrast]))
    screen.heading("Done")
    screen.say(f"It took {span(time.monotonic() - began)}; nothing is left running.")
    return not any(found.summary.broken for _, found in acts)


def _script(act: Act) -> Script:
    world = read_world(HERE / "world.yaml")
    world = world.model_copy(update={"stable": act.serves, "candidate": act.version})
    wishes = Wishes(version=act.version, preset=act.preset, speed=SPEED)
    return write_script(read_spec(HERE / "service.yaml"), world, wishes)


def _introduce(screen: Screen, stage: Stage, seconds: float) -> None:
    traffic, state = stage.script.world.traffic, stage.aws.state
    size = stage.script.world.instances.size
    images = stage.replica.images
    screen.facts([
        ("API", state["api_url"]),
        ("AWS", state["aws_endpoint"]),
        ("ready after", span(seconds)),
        (stage.replica.name, f"{size} instances behind a load balancer, all on v1"),
        ("users", f"{traffic.users}, who ask {traffic.requests_per_second:g} times a second"),
        ("guards", f"alarm {stage.replica.alarms[0]}: more than 2 % errors; at least 75 % healthy"),
        ("speed", f"bakes and alarms pass {SPEED:g} times as fast as they will"),
        *((version, images[version]) for version in images),
    ])  # fmt: skip


def _perform(screen: Screen, stage: Stage, act: Act) -> tuple[Act, Rehearsal]:
    """Plan, roll out, watch, check. Raises Unexpected."""
    screen.heading(act.title)
    scene = replace(stage, script=_script(act))
    _show_plan(screen, scene)
    deadline = time.monotonic() + PATIENCE
    with screen.watching() as show:

        def watch(now: Sighting) -> None:
            show(now)
            if time.monotonic() > deadline:
                raise Unexpected(_told(now, f"has not ended within {span(PATIENCE)}"))

        found = perform(scene, watch, time.time())
    last = found.recording.sightings[-1]
    if last.rollout["phase"] != act.ends:
        raise Unexpected(_told(last, f"should have ended as {act.ends}"))
    _show(screen, found)
    return act, found


def _show(screen: Screen, found: Rehearsal) -> None:
    clocks = list(clock_facts(found.summary))
    if clocks:
        screen.evidence(as_at_real_speed(found.recording.sightings[-1]))
        screen.gap()
        screen.facts(clocks)
    screen.table(phases_table(found.summary))
    screen.checks(found.summary.checks)


def _show_plan(screen: Screen, stage: Stage) -> None:
    """At the pace of the demo."""
    strategy = strategy_body(stage.script.paced)
    body = {"version": stage.replica.images[stage.script.version], "strategy": strategy}
    plan: Json = ask(stage.aws.api("deployer"), "POST", f"/services/{stage.replica.name}/plan", body)
    writes, creates, removes = (len(plan[field]) for field in ("writes", "creates", "removes"))
    screen.facts([
        ("plan", " › ".join(step["name"] for step in plan["steps"])),
        ("", f"{writes} AWS writes; {creates} create something, {removes} remove something"),
    ])  # fmt: skip


def _by_hand(screen: Screen, stage: Stage) -> Column:
    screen.heading(CONTRAST)
    screen.say(f"A person notices {span(NOTICED_AFTER)} after the alarm, which is quick.")
    screen.gap()
    images = stage.replica.images
    found = all_at_once(stage.aws.client, stage.replica, images[BAD.version], SPEED, screen.remark)
    let_pass(AFTERWARDS, stage.load)
    return _contrast(stage, found, images[BAD.serves])


def _contrast(stage: Stage, found: ByHand, stable: str) -> Column:
    asked = within(stage.load.requests, found.began, found.ended)
    looks = [look for look in stage.observer.looks if found.began <= look.at < found.ended]
    return Column(
        title=CONTRAST,
        users=blast(asked, stable, stage.script.slow_seconds, ()),
        lowest=lowest_healthy(looks),
        size=stage.script.world.instances.size,
        back=NOTICED_AFTER + found.restoring,
    )


def _column(act: Act, found: Rehearsal) -> Column:
    summed = found.summary
    back = summed.restore_seconds
    return Column(
        title=act.title, users=summed.blast, lowest=summed.lowest_healthy, size=summed.size, back=back
    )


def _table(columns: Sequence[Column]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
    table.add_column("", style="dim", no_wrap=True)
    for column in columns:
        table.add_column(column.title, justify="right", max_width=18)
    users = [column.users for column in columns]
    table.add_row("users hurt", *(percent(one.share_hurt) for one in users))
    table.add_row("", *(f"{one.users_hurt} of {one.users}" for one in users))
    table.add_row("requests failed", *(str(one.failed) for one in users))
    table.add_row("healthy at the worst", *(f"{column.lowest} of {column.size}" for column in columns))
    table.add_row("back after the alarm", *(NONE if c.back is None else span(c.back) for c in columns))
    return table


def _told(now: Sighting, but: str) -> str:
    step = now.rollout["step"]
    reason = why(now.rollout, now.events) or (step["name"] if step else "")
    return f"the rollout {now.rollout['rollout_id']} {but}; it is {phase_name(now.rollout)}: {reason}"
