"""What people start or stop by hand, and what a fleet does about it: brings it back, or tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from signalbox.fleets.model import Action
from signalbox.fleets.record import Cause, RunPhase
from tests.simulation import fleet_aftermath
from tests.simulation.cases import Night
from tests.simulation.fleet_estate import FleetEstate, conditions
from tests.simulation.fleet_kinds import PREFIXES
from tests.simulation.fleet_part import FleetPart, Moment
from tests.simulation.universe import ACCOUNT, REGION, Universe

TOLD = {Action.STOP: "Resource Started By Others", Action.START: "Resource Stopped By Others"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Straying:
    """What has been switched by hand, by the names of `conditions`, and where each of it was led."""

    moment: Moment
    names: Sequence[str]
    led_to: dict[str, str]


def by_hand(universe: Universe, estate: FleetEstate, moment: Moment, ending: Night) -> Straying:
    """An instance and a database; where no event tells of it, also what has no events: a group and a service
    of ECS. The moment's action would bring them back."""
    one, database = estate.instances["two"], "orders"
    if ending is Night.STOPPED_BY_HAND:
        universe.client("ec2").stop_instances(InstanceIds=[one])
        universe.client("rds").stop_db_instance(DBInstanceIdentifier=database)
        led_to = {one: "stopped", f"db:{database}": "stopped"}
        return Straying(moment=moment, names=tuple(led_to), led_to=led_to)
    universe.client("ec2").start_instances(InstanceIds=[one])
    universe.client("rds").start_db_instance(DBInstanceIdentifier=database)
    led_to = {one: "running", f"db:{database}": "available"}
    if ending is Night.STARTED_BY_HAND:
        return Straying(moment=moment, names=tuple(led_to), led_to=led_to)
    universe.power.is_silent = True
    universe.client("autoscaling").set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
    universe.client("ecs").update_service(cluster="shop", service="shop", desiredCount=1)
    return Straying(moment=moment, names=(*led_to, "group:web", "service:shop/shop"), led_to=led_to)


def is_over(part: FleetPart, straying: Straying) -> bool:
    """Whether everything is back, or has been told of, and nothing is under way."""
    if part.only_observes:
        return _told(part, straying) == {*straying.names} and part.is_told()
    return part.rests(straying.moment) and not any(_still_astray(straying))


def wrong(part: FleetPart, straying: Straying, *, may_fail: bool) -> Iterator[str]:
    """When it should be over. What AWS refuses to bring back at first the sweep brings back later."""
    if part.only_observes:
        yield from _wrong_told(part, straying)
    else:
        yield from _wrong_runs(part, straying, may_fail=may_fail)
    armed = part.armed_for()
    if armed != [straying.moment.following]:
        yield f"I5 {part.name} is armed for {armed} and not for {straying.moment.following}"


def _wrong_told(part: FleetPart, straying: Straying) -> Iterator[str]:
    told = _told(part, straying)
    if told != {*straying.names}:
        yield f"I3 of what was switched by hand {sorted(told)} was told, and not {straying.names}"
    for run in part.runs():
        if run.created_at >= straying.moment.at:
            yield f"I9 {part.name} only observes, and has begun {run.run_id}"


def _wrong_runs(part: FleetPart, straying: Straying, *, may_fail: bool) -> Iterator[str]:
    yield from _still_astray(straying)
    runs = [run for run in part.runs() if run.created_at >= straying.moment.at]
    strays = {
        f"{kind}:{name.removeprefix(prefix)}" for name in straying.names for kind, prefix in PREFIXES.items()
    }
    for run in runs:
        yield from fleet_aftermath.told(part, run, RunPhase.SUPERSEDED)
        if run.cause is not Cause.ENFORCEMENT or not {*run.only} <= strays:
            yield f"I9 {run.run_id} by {run.cause} is about {run.only}"
        if run.phase is RunPhase.INCOMPLETE and not may_fail:
            yield f"I3 {run.run_id} is {run.phase} without need: {run.failure}"


def _still_astray(straying: Straying) -> Iterator[str]:
    now = conditions(ACCOUNT, REGION)
    for name in straying.names:
        if not fleet_aftermath.is_there(name, now[name], straying.moment.action):
            yield f"I3 {name} was switched by hand, is {now[name]} and stays so"


def _told(part: FleetPart, straying: Straying) -> set[str]:
    """Of what the timeline says that others have switched it."""
    entries = [e for e in part.entries() if e["type"] == TOLD[straying.moment.action]]
    since = [e for e in entries if datetime.fromisoformat(e["at"]) >= straying.moment.at]
    return {PREFIXES[e["data"]["kind"]] + e["data"]["resource"] for e in since}
