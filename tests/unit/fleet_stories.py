"""Fleets that tests begin with, and what must be so whatever has happened."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from signalbox.fleets.decisions.claims import claim_of
from signalbox.fleets.model import Kind, Place, Power
from signalbox.fleets.record import Run, RunPhase
from signalbox.fleets.spec import FleetSpec, Period, Select
from signalbox.kernel.timeline import first_break
from tests.unit.fleet_fakes import FleetWorld
from tests.unit.fleet_machine import Railway, is_over
from tests.unit.fleet_world import HOME, Thing

FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)
OFFICE = Period(days="mon-fri", from_="08:00", to="20:00")
QA = {"env": "qa"}
TAGS = {"env": ("qa",)}
VIRGINIA = replace(HOME, region="us-east-1")
ENDS = {
    "Fleet Started",
    "Fleet Stopped",
    "Fleet Observed",
    "Fleet Run Incomplete",
    "Fleet Run Superseded",
}


def at(hour: int, minute: int = 0, *, day: int = 27) -> datetime:
    """Of November 2026; the 27th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def fleet(name: str = "qa", **more: Any) -> FleetSpec:
    """Runs in office hours: databases first, then groups and instances."""
    made = FleetSpec(
        name=name,
        owner="platform",
        zone="UTC",
        select=Select(tags=TAGS, kinds=(Kind.EC2, Kind.AUTOSCALING, Kind.RDS)),
        schedule=(OFFICE,),
        order=((Kind.RDS,), (Kind.AUTOSCALING,)),
    )
    return replace(made, **more)


def selecting(**more: Any) -> Select:
    return replace(fleet().select, **more)


def instance(number: int = 1, **more: Any) -> Thing:
    fields: dict[str, Any] = {"tags": dict(QA), "unit": "m5.large", **more}
    return Thing(Kind.EC2, f"i-{number:08x}", **fields)


def group(name: str = "web", **more: Any) -> Thing:
    fields: dict[str, Any] = {"tags": dict(QA), "size": (1, 5, 3), **more}
    return Thing(Kind.AUTOSCALING, name, **fields)


def database(name: str = "orders", **more: Any) -> Thing:
    fields: dict[str, Any] = {"tags": dict(QA), "unit": "db.t3.medium", "seconds": 300, **more}
    return Thing(Kind.RDS, name, **fields)


def stranger(**more: Any) -> Thing:
    """What nobody has selected."""
    return instance(0xBADBAD, tags={"env": "production"}, **more)


def railway(*things: Thing, now: datetime | None = None, spec: FleetSpec | None = None) -> Railway:
    """A fleet that has just been registered, on Friday at noon, with those things and a stranger."""
    stage = Railway(FleetWorld())
    stage.world.clock.now = now or at(12)
    stage.world.aws.has(*(things or (instance(), instance(2), group(), database())), stranger())
    stage.registered(spec or fleet())
    return stage


def asleep(*things: Thing, spec: FleetSpec | None = None) -> Railway:
    """The fleet has been stopped on Friday evening; now it is Friday, 20:50."""
    return railway(*things, spec=spec).run_until(at(20, 50))


def assert_in_order(stage: Railway, *names: str) -> None:
    """What must be so at any time after a fault, once nothing is under way any more."""
    world = stage.world
    for name in names or ("qa",):
        timeline = stage.timeline(name)
        assert first_break(timeline) is None
        ends = [str(entry.data["run_id"]) for entry in timeline if entry.type in ENDS]
        runs = world.runs(name)
        assert sorted(ends) == sorted(run.run_id for run in runs), "each run ends once"
        told = {entry.sequence for fleet, entry in world.bus.published if fleet == name}
        assert told == {entry.sequence for entry in timeline if entry.public}
        for run in runs:
            _assert_over(stage, run)
        armed = world.standing(name).armed_for
        assert world.timetable.armed.get(name) == armed
        assert armed is None or armed > stage.now
    _assert_only_selected(stage)


def _assert_over(stage: Railway, run: Run) -> None:
    assert is_over(run), run
    if run.phase != "superseded":
        outcomes = stage.outcomes(run).values()
        assert all(o == "reached" or o.startswith(("skipped: ", "failed: ")) for o in outcomes), outcomes


def _assert_only_selected(stage: Railway) -> None:
    specs = [run.spec for run in stage.world.store.runs.values()]
    things = stage.world.aws.things
    for key, _ in stage.world.aws.touched:
        thing = things[key]
        resource = stage.world.aws.look(thing)
        claims = [claim_of(spec, thing.kind, thing.place) for spec in specs]
        grouped = any(spec.select.group and spec.select.group == thing.group for spec in specs)
        assert grouped or any(claim.has(resource) for claim in claims), key


def powers(stage: Railway, *ids: str) -> set[Power]:
    """Of those, or of all but the stranger."""
    found = stage.world.aws.powers()
    return {power for id_, power in found.items() if (id_ in ids if ids else id_ != stranger().id)}


def place(region: str, account: str = HOME.account) -> Place:
    return replace(HOME, region=region, account=account)


def assert_those_that_leave_are_named(stage: Railway, size: int) -> None:
    """On the evening of so many, two lose their tags: one on its way, one that has arrived."""
    slow, quick = instance(7), instance(8)
    stage.world.aws.of(slow.id).seconds = 10_000
    stage.run_until(at(20, 0) + timedelta(seconds=40))
    for one in (slow, quick):
        stage.world.aws.of(one.id).tags.clear()
    stage.run_on(hours=1)
    run = stage.run_of()
    assert stage.outcomes(run)[slow.id] == "skipped: left the selection: it is stopping"
    assert stage.outcomes(run)[quick.id] == "reached"
    assert (run.phase, run.counts["reached"]) == (RunPhase.SUCCEEDED, size - 1)
