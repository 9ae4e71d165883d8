"""Puts a script on stage: a runtime of its own, the replica, the users, the rollout, and all eyes on it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signalbox_cli.following import ask, follow
from signalbox_cli.rollout_news import Sighting
from signalbox_local.embedded import EmbeddedAws, await_ready, runtime
from signalbox_local.owner import await_alarms_looked, await_healthy
from signalbox_local.rehearsal.checks import estate_checks
from signalbox_local.rehearsal.fidelity import as_at_real_speed, at_any_speed
from signalbox_local.rehearsal.figures import within
from signalbox_local.rehearsal.footprint import Footprint, footprint
from signalbox_local.rehearsal.load.orders import Door, Orders
from signalbox_local.rehearsal.load.sending import Load, sending
from signalbox_local.rehearsal.observer import Observer, observing
from signalbox_local.rehearsal.own_metrics import Clientele, counting
from signalbox_local.rehearsal.replica import (
    Replica,
    make_images,
    make_name,
    make_replica,
    registration,
)
from signalbox_local.rehearsal.result import Recording, Summary, summary
from signalbox_local.rehearsal.script import Script
from signalbox_local.rehearsal.spec import experiments, strategy_body

BASELINE_SECONDS = 3.0  # of traffic before the rollout, so that there is something to compare with
AFTERWARDS_SECONDS = 2.0
TELL_SECONDS = 0.5  # until what has been answered is known here
LAST_WORDS_SECONDS = 5.0  # until what a rollout leaves has settled
FIRST_LOOK_SECONDS = 30.0
REASON = "rehearsal"
Show = Callable[[Sighting], object]


class LoadDied(Exception):
    """The process that sends requests has ended by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One that has taken place."""

    script: Script
    replica: Replica
    recording: Recording
    summary: Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A replica that serves users and is registered."""

    script: Script
    aws: EmbeddedAws
    replica: Replica
    load: Load
    observer: Observer
    began: float
    warnings: tuple[str, ...]


@contextmanager
def on_stage(script: Script, folder: Path) -> Iterator[Stage]:
    """Ready for a rollout when entered, gone when left. Raises CannotStart, Refused, TimeoutError, or what
    boto3 raises."""
    with runtime(folder, script.pace(), script.parameters()) as process:
        aws = await_ready(process, folder)
        replica = _build(script, aws)
        warnings = script.notes + _register(script, aws, replica)
        orders = _orders(script, aws, replica)
        with (
            sending(orders, folder) as load,
            observing(aws.client, replica) as observer,
            counting(aws.client, experiments(script.strategy), _clientele(script, replica), load),
        ):
            _await_first(load)
            began = time.time()
            blind = await_alarms_looked(aws.client, replica.alarms, FIRST_LOOK_SECONDS)
            warnings += tuple(f"guards.alarms: {name} has had no data yet" for name in blind)
            let_pass(BASELINE_SECONDS - (time.time() - began), load)
            _hamper(script, aws)
            yield Stage(
                script=script,
                aws=aws,
                replica=replica,
                load=load,
                observer=observer,
                began=began,
                warnings=warnings,
            )


def rehearse(script: Script, folder: Path, show: Show) -> Rehearsal:
    """One rollout from beginning to end; `show` gets each sighting."""
    with on_stage(script, folder) as stage:
        return perform(stage, show, stage.began)


def perform(stage: Stage, show: Show, began: float) -> Rehearsal:
    """The rollout of the script, watched until it has ended and what it left has settled; what was seen
    before `began` (epoch seconds) does not count."""
    aws, script = stage.aws, stage.script
    first_call, first_event = _latest(aws, "calls"), _latest(aws, "events")
    before = footprint(aws.client, stage.replica)
    sightings = tuple(_watched(stage, _start(stage), show))
    ended = time.time()
    after = _settled(stage, before, sightings[-1])
    let_pass(AFTERWARDS_SECONDS - (time.time() - ended), stage.load)
    ended = time.time()
    let_pass(script.slow_seconds + TELL_SECONDS, stage.load)
    recording = Recording(
        began=began,
        ended=ended,
        requests=tuple(within(stage.load.requests, began, ended)),
        looks=tuple(look for look in stage.observer.looks if began <= look.at < ended),
        sightings=sightings,
        before=before,
        after=after,
        calls=aws.control(f"calls?since={first_call}")["calls"],
        events=aws.control(f"events?since={first_event}")["events"],
        histories=_histories(aws, sightings[-1].rollout),
        warnings=stage.warnings,
    )
    found = summary(script, stage.replica, recording)
    return Rehearsal(script=script, replica=stage.replica, recording=recording, summary=found)


def _build(script: Script, aws: EmbeddedAws) -> Replica:
    world = script.paced_world
    images = make_images(aws.client, script.plan.name, world)
    behaviours = {images[name]: one.model_dump(mode="json") for name, one in world.versions.items()}
    aws.control("estate", {"behaviours": behaviours})
    replica = make_replica(aws.client, script.plan, world, images)
    if world.traffic.host and not replica.host:
        make_name(aws.client, world.traffic.host, replica.ways_in[0], world.traffic.ttl_seconds)
    await_healthy(aws.client, replica.target_groups[0], world.instances.size)
    return replica


def _register(script: Script, aws: EmbeddedAws, replica: Replica) -> tuple[str, ...]:
    """Registered at the rehearsal's pace; the warnings are those of the strategy at real speed."""
    region = aws.state["region"]
    body = registration(script.spec, replica, region, script.paced, script.speed)
    path = f"/services/{replica.name}"
    ask(aws.api("operator"), "PUT", path, body)
    asked = {"version": replica.images[script.version], "strategy": strategy_body(script.strategy)}
    return tuple(at_any_speed(ask(aws.api("deployer"), "POST", f"{path}/plan", asked)["warnings"]))


def _orders(script: Script, aws: EmbeddedAws, replica: Replica) -> Orders:
    balancers = aws.control("traffic")["load_balancers"]
    host = replica.host or script.world.traffic.host
    doors = tuple(
        Door(name=f"{host}.", host=way.host or host)
        if host
        else Door(url=balancers[way.balancer][str(way.port)], host=way.host)
        for way in replica.ways_in
    )
    names = f"{aws.state['aws_endpoint']}/_signalbox/traffic"
    return Orders(traffic=script.world.traffic, seed=script.seed, doors=doors, names_url=names)


def _clientele(script: Script, replica: Replica) -> Clientele:
    versions = script.world.versions
    return Clientele(
        converts={replica.images[name]: one.converts_percent for name, one in versions.items()},
        stable=replica.images[script.world.stable],
        speed=script.speed,
        seed=script.seed,
    )


def _hamper(script: Script, aws: EmbeddedAws) -> None:
    """What AWS lacks in this world, from now on."""
    room, throttling = script.world.instances.room, script.world.throttling
    if room is not None:
        aws.control("estate", {"room": {"instances": room}})
    if throttling.percent:
        services = list(throttling.services)
        body = {"percent": throttling.percent, "services": services, "seed": script.seed}
        aws.control("throttling", body)


def _await_first(load: Load) -> None:
    """Returns when requests flow. Raises LoadDied."""
    while not load.requests:
        let_pass(TELL_SECONDS / 5, load)


def let_pass(seconds: float, load: Load) -> None:
    """Traffic flows meanwhile. Raises LoadDied."""
    time.sleep(max(0.0, seconds))
    if load.died():
        raise LoadDied("the load generator has ended by itself")


def _start(stage: Stage) -> str:
    script = stage.script
    version, strategy = stage.replica.images[script.version], strategy_body(script.paced)
    body = {"version": version, "strategy": strategy, "reason": REASON}
    path = f"/services/{stage.replica.name}/rollouts"
    return str(ask(stage.aws.api("deployer"), "POST", path, body)["rollout_id"])


def _watched(stage: Stage, rollout_id: str, show: Show) -> Iterator[Sighting]:
    for now in follow(stage.aws.api("deployer"), stage.replica.name, rollout_id):
        if stage.load.died():
            raise LoadDied("the load generator has ended by itself")
        show(as_at_real_speed(now))
        yield now


def _settled(stage: Stage, before: Footprint, last: Sighting) -> Footprint:
    """What is left, as soon as it is as it must be, at the latest after some seconds."""
    succeeded = last.rollout["phase"] == "succeeded"
    runs = stage.script.version if succeeded else stage.script.world.stable
    swapped = succeeded and len(before.own) > 1
    deadline = time.monotonic() + LAST_WORDS_SECONDS
    while True:
        after = footprint(stage.aws.client, stage.replica)
        checks = estate_checks(before, after, stage.replica.images[runs], runs, swapped=swapped)
        if all(check.holds for check in checks) or time.monotonic() > deadline:
            return after
        time.sleep(0.25)


def _latest(aws: EmbeddedAws, kind: str) -> int:
    found = aws.control(f"{kind}?since=0&last=1")[kind]
    return int(found[-1]["sequence"]) if found else 0


def _histories(aws: EmbeddedAws, rollout: Any) -> list[list[dict[str, Any]]]:
    """One for each generation of the rollout."""
    stepfunctions = aws.client("stepfunctions")
    machines = stepfunctions.list_state_machines()["stateMachines"]
    machine = next(one["stateMachineArn"] for one in machines if "RolloutMachine" in one["name"])
    prefix = machine.replace(":stateMachine:", ":execution:") + f":{rollout['rollout_id']}-g"
    return [
        stepfunctions.get_execution_history(executionArn=f"{prefix}{number}", maxResults=1000)["events"]
        for number in range(1, rollout["generation"] + 1)
    ]
