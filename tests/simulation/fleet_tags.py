"""What somebody wants of single resources by their tags while their fleet sleeps, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from moto.rds.models import rds_backends

from signalbox.fleets.decisions.tags import TAG
from signalbox.fleets.record import Cause, RunPhase
from tests.simulation import fleet_aftermath
from tests.simulation.fleet_estate import FleetEstate, conditions
from tests.simulation.fleet_kinds import PREFIXES
from tests.simulation.fleet_part import FleetPart, Moment
from tests.simulation.universe import ACCOUNT, REGION, Universe


def tag_some(universe: Universe, estate: FleetEstate, until: datetime) -> Sequence[str]:
    """An instance and a database are to run until then, as `conditions` calls them."""
    one = estate.instances["two"]
    tags = [{"Key": TAG, "Value": f"running until {until.isoformat()} by ana because release test"}]
    universe.client("ec2").create_tags(Resources=[one], Tags=tags)
    arn = rds_backends[ACCOUNT][REGION].databases["orders"].db_instance_arn
    universe.client("rds").add_tags_to_resource(ResourceName=arn, Tags=tags)
    return one, "db:orders"


def is_over(part: FleetPart, names: Sequence[str], moment: Moment) -> bool:
    """Whether they are where the moment leads to, and what comes after it is armed."""
    return part.rests(moment) and not any(_wrong_now(part, names, moment))


def wrong(part: FleetPart, names: Sequence[str], moment: Moment, *, may_fail: bool) -> Iterator[str]:
    """When it should be over. Runs for tags name nothing else; what AWS has refused comes with the sweep."""
    yield from _wrong_now(part, names, moment)
    tagged = {f"{kind}:{name.removeprefix(prefix)}" for name in names for kind, prefix in PREFIXES.items()}
    for run in (run for run in part.runs() if run.created_at >= moment.at):
        yield from fleet_aftermath.told(part, run, RunPhase.SUPERSEDED)
        if run.cause is Cause.TAG and not {*run.only} <= tagged:
            yield f"I9 {run.run_id} for tags is about {run.only}"
        if run.phase is RunPhase.INCOMPLETE and not may_fail:
            yield f"I3 {run.run_id} is {run.phase} without need: {run.failure}"


def _wrong_now(part: FleetPart, names: Sequence[str], moment: Moment) -> Iterator[str]:
    now = conditions(ACCOUNT, REGION)
    for name in names:
        if not fleet_aftermath.is_there(name, now[name], moment.action):
            yield f"I3 {name} is {now[name]}, and its tag leads to {moment.action}"
    if part.armed_for() != [moment.following]:
        yield f"I5 {part.name} is armed for {part.armed_for()} and not for {moment.following}"
