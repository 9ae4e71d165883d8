"""What people start or stop by hand, or AWS by itself, and what a fleet does about it: brings it back, or
tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from moto.rds.models import rds_backends

from signalbox.fleets.model import Action
from signalbox.fleets.record import Cause, Run, RunPhase
from tests.simulation import fleet_aftermath
from tests.simulation.cases import Night
from tests.simulation.fleet_estate import FleetEstate, conditions
from tests.simulation.fleet_kinds import PREFIXES
from tests.simulation.fleet_part import FleetPart, Moment
from tests.simulation.kinds_power import start_cluster
from tests.simulation.universe import ACCOUNT, REGION, Universe

TOLD = {Action.STOP: "Resource Started By Others", Action.START: "Resource Stopped By Others"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Straying:
    """What others have switched, by the names of `conditions`, and where each of it was led."""

    moment: Moment
    names: Sequence[str]
    led_to: dict[str, str]


def led_astray(part: FleetPart, estate: FleetEstate, moment: Moment, ending: Night) -> Straying:
    """Some of what the fleet has; the moment's action would bring it back."""
    if ending is Night.STARTED_BY_AWS:
        return _by_aws(part, moment)
    return _by_hand(part.universe, estate, moment, ending)


def _by_hand(universe: Universe, estate: FleetEstate, moment: Moment, ending: Night) -> Straying:
    """An instance and a database; where no event tells of it, also what has no events: a group and a service
    of ECS."""
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


def _by_aws(part: FleetPart, moment: Moment) -> Straying:
    """What the fleet has of databases and clusters has stood still for seven days: RDS starts it."""
    backend = rds_backends[ACCOUNT][REGION]
    led_to = {name: "available" for name in part.selected if name.startswith(("db:", "cluster:"))}
    for kind, _, id_ in (name.partition(":") for name in led_to):
        if kind == "db":
            part.universe.power.start_database(backend.databases[id_])
        else:
            start_cluster(part.universe.power, backend.clusters[id_])
    return Straying(moment=moment, names=tuple(led_to), led_to=led_to)


def is_over(part: FleetPart, straying: Straying, *, may_fail: bool) -> bool:
    """Whether everything is back, or has been told of, and nothing is under way."""
    if part.only_observes:
        return _told(part, straying) == {*straying.names} and part.is_told()
    return part.rests(straying.moment) and not any(_still_astray(part, straying, may_fail=may_fail))


def wrong(part: FleetPart, straying: Straying, *, may_fail: bool) -> Iterator[str]:
    """When it should be over. What AWS refuses to bring back at first the sweep brings back later, where the
    fleet enforces; elsewhere it is named."""
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
        yield f"I3 of what was switched by others {sorted(told)} was told, and not {straying.names}"
    for run in _runs(part, straying):
        yield f"I9 {part.name} only observes, and has begun {run.run_id}"


def _wrong_runs(part: FleetPart, straying: Straying, *, may_fail: bool) -> Iterator[str]:
    yield from _still_astray(part, straying, may_fail=may_fail)
    strays = {
        f"{kind}:{name.removeprefix(prefix)}" for name in straying.names for kind, prefix in PREFIXES.items()
    }
    for run in _runs(part, straying):
        yield from fleet_aftermath.told(part, run, RunPhase.SUPERSEDED)
        if run.cause is not Cause.ENFORCEMENT or not {*run.only} <= strays:
            yield f"I9 {run.run_id} by {run.cause} is about {run.only}"
        if run.phase is RunPhase.INCOMPLETE and not may_fail:
            yield f"I3 {run.run_id} is {run.phase} without need: {run.failure}"


def _still_astray(part: FleetPart, straying: Straying, *, may_fail: bool) -> Iterator[str]:
    now = conditions(ACCOUNT, REGION)
    named = set(_failed(part, straying)) if may_fail and not part.enforces else ()
    for name in straying.names:
        if name not in named and not fleet_aftermath.is_there(name, now[name], straying.moment.action):
            yield f"I3 {name} was switched by others, is {now[name]} and stays so"


def _failed(part: FleetPart, straying: Straying) -> Iterator[str]:
    """What the record says that it could not be brought back."""
    for run in _runs(part, straying):
        for lot in part.lots(run):
            yield from (PREFIXES[lot.kind] + id_ for ids in lot.failed.values() for id_ in ids)


def _runs(part: FleetPart, straying: Straying) -> list[Run]:
    """Since it was switched."""
    return [run for run in part.runs() if run.created_at >= straying.moment.at]


def _told(part: FleetPart, straying: Straying) -> set[str]:
    """Of what the timeline says that others have switched it."""
    entries = [e for e in part.entries() if e["type"] == TOLD[straying.moment.action]]
    since = [e for e in entries if datetime.fromisoformat(e["at"]) >= straying.moment.at]
    return {PREFIXES[e["data"]["kind"]] + e["data"]["resource"] for e in since}
