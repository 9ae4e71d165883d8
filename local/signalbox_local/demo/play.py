"""The story: a service, a good version by canary, a bad one by blue/green, and what each leaves behind."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from signalbox_cli.following import ask, follow
from signalbox_cli.rollout_news import Sighting
from signalbox_cli.rollout_words import Json, phase_name, span, why
from signalbox_local.demo.checks import estate_checks, timeline_checks
from signalbox_local.demo.embedded import EmbeddedAws, await_ready, runtime
from signalbox_local.demo.footprint import footprint
from signalbox_local.demo.screen import Screen
from signalbox_local.demo.trouble import Trouble
from signalbox_local.sample_service import SampleService, Wish, make_service

SERVICE = "checkout"
PATIENCE = 120.0  # seconds that one rollout may take
FIRST_LOOK = 15.0  # seconds until CloudWatch has looked at a new alarm


class Unexpected(Exception):
    """The story went another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One rollout of the story: what is tried, how it must end, and which version must run then."""

    title: str
    version: str
    strategy: Json
    ends: str
    runs: str


GOOD = Act(
    title="A good version, by canary",
    version="v2",
    strategy={"preset": "canary", "canary": 1, "bake": "10s", "batch": 50},
    ends="succeeded",
    runs="v2",
)
BAD = Act(
    title="A bad version, by blue/green",
    version="v3",
    strategy={"preset": "blue-green", "bake": "30s"},
    ends="rolled_back",
    runs="v2",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story plays and is told."""

    screen: Screen
    aws: EmbeddedAws
    service: SampleService

    def ask(self, path: str, body: object) -> Json:
        """POST as a deployer; raises Refused."""
        answer: Json = ask(self.aws.api("deployer"), "POST", f"/services/{SERVICE}/{path}", body)
        return answer


def play(console: Console, folder: Path) -> bool:
    """Whether every check holds. Raises CannotStart, Refused, Unexpected, or what boto3 raises."""
    began = time.monotonic()
    screen = Screen(console)
    screen.title("Signalbox: a good rollout and a bad one, on this machine")
    screen.heading("An AWS of its own")
    with runtime(folder) as process:
        with screen.waiting("starting"):
            aws = await_ready(process, folder)
        ready = [("ready after", span(time.monotonic() - began))]
        screen.facts([("API", aws.state["api_url"]), ("AWS", aws.state["aws_endpoint"]), *ready])
        stage = Stage(screen, aws, _service(screen, aws))
        good, bad = _perform(stage, GOOD), _perform(stage, BAD)
    screen.heading("Done")
    screen.say(f"It took {span(time.monotonic() - began)}; nothing is left running.")
    return good and bad


def _service(screen: Screen, aws: EmbeddedAws) -> SampleService:
    """Made with boto3 as its owner would, then registered."""
    screen.heading("A service, made with boto3")
    with screen.waiting("waiting until it is healthy and its alarm has been evaluated"):
        service = make_service(aws.client, Wish(name=SERVICE))
        _await_first_look(aws, service.alarm)
    registered = ask(aws.api("operator"), "PUT", f"/services/{SERVICE}", service.spec(strategy=GOOD.strategy))
    images = service.images
    screen.facts([
        (SERVICE, "4 instances behind a rule of a load balancer, all on v1"),
        ("guards", f"alarm {service.alarm}: more than 5 server errors within 10 s"),
        ("", "health: at least 75 % of the instances at any time"),
        *((version, images[version]) for version in sorted(images)),
        *(("warning", warning) for warning in registered["warnings"]),
    ])  # fmt: skip
    return service


def _await_first_look(aws: EmbeddedAws, alarm: str) -> None:
    """An alarm without any data guards nothing: Signalbox would warn of it."""
    deadline = time.monotonic() + FIRST_LOOK
    while time.monotonic() < deadline:
        found = aws.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        if [one["StateValue"] for one in found] != ["INSUFFICIENT_DATA"]:
            return
        time.sleep(0.2)


def _perform(stage: Stage, act: Act) -> bool:
    """Plan, roll out, watch, and check; whether all checks hold."""
    stage.screen.heading(act.title)
    before = footprint(stage.aws.client, stage.service)
    _show_plan(stage, act)
    trouble = Trouble(stage.aws.client, stage.service.alarm, stage.screen.remark)
    last = _roll_out(stage, act, trouble if act is BAD else None)
    after = footprint(stage.aws.client, stage.service)
    if act is BAD:
        stage.screen.evidence(last, trouble.began_at)
    image = stage.service.images[act.runs]
    checks = [*estate_checks(before, after, image, act.runs), *timeline_checks(last.events)]
    stage.screen.checks(checks)
    return all(check.holds for check in checks)


def _show_plan(stage: Stage, act: Act) -> None:
    plan = stage.ask("plan", {"version": stage.service.images[act.version], "strategy": act.strategy})
    writes, creates, removes = (len(plan[field]) for field in ("writes", "creates", "removes"))
    stage.screen.facts([
        ("plan", " › ".join(step["name"] for step in plan["steps"])),
        ("", f"{writes} AWS writes; {creates} create something, {removes} remove something"),
        *(("warning", warning) for warning in plan["warnings"]),
    ])  # fmt: skip


def _roll_out(stage: Stage, act: Act, react: Callable[[Sighting], None] | None) -> Sighting:
    """Start it and watch it until it has ended as told; raises Unexpected."""
    body = {"version": stage.service.images[act.version], "strategy": act.strategy, "reason": "make demo"}
    started = stage.ask("rollouts", body)
    deadline = time.monotonic() + PATIENCE
    with stage.screen.watching() as show:
        for now in follow(stage.aws.api("deployer"), SERVICE, started["rollout_id"]):
            show(now)
            if react:
                react(now)
            if time.monotonic() > deadline:
                raise Unexpected(_told(now, f"has not ended within {span(PATIENCE)}"))
    if now.rollout["phase"] != act.ends:
        raise Unexpected(_told(now, f"should have ended as {act.ends}"))
    return now


def _told(now: Sighting, but: str) -> str:
    step = now.rollout["step"]
    reason = why(now.rollout, now.events) or (step["name"] if step else "")
    return f"the rollout {now.rollout['rollout_id']} {but}; it is {phase_name(now.rollout)}: {reason}"
