"""What a fleet saves, why a resource is as it is, and events as they come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.fleets.commands.enforce import MOST_NAMED, Switched, enforce
from signalbox.fleets.commands.occurrences import fleet_due, hourly, power_changed
from signalbox.fleets.commands.override_fleet import override_fleet
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.commands.why import MOST_ENTRIES, MOST_RUNS, why
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Cause, RunPhase
from signalbox.kernel.errors import NotFound
from signalbox.kernel.events import JsonObject
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import (
    asleep,
    assert_in_order,
    at,
    database,
    fleet,
    group,
    instance,
    powers,
    railway,
)
from tests.unit.fleet_world import Thing

ENFORCING = fleet(mode="enforce")


def event(thing: Thing, power: Power = Power.RUNNING, **more: object) -> Switched:
    told = Switched(
        kind=thing.kind,
        id=thing.id,
        power=power,
        region=thing.place.region,
        account=thing.place.account,
    )
    return replace(told, **more)  # type: ignore[arg-type]


def strays(stage: Railway, *things: Thing, power: Power = Power.RUNNING, **more: object) -> list[str]:
    """Somebody switches them, and EventBridge tells."""
    for thing in things:
        stage.world.aws.by_hand(thing.id, power)
    return [enforce(event(thing, power, **more), stage.world.ports) for thing in things]


# Savings


def test_hours_that_units_stood_still_are_told_when_they_start() -> None:
    stage = asleep(instance(), instance(2), database()).run_until(at(9, day=30))
    hours = 60.0
    saved = stage.run_of().saved
    assert saved == pytest.approx({"m5.large": 2 * hours, "db.t3.medium": hours}, rel=0.01)
    assert stage.timeline()[-1].data["saved_hours"] == saved
    switch_fleet("qa", Action.START, ANA, stage.world.ports)
    assert not stage.run_on(hours=1).run_of().saved


def test_a_sweep_that_enforces_does_not_begin_the_hours_anew() -> None:
    things = [instance(number) for number in range(1, MOST_NAMED + 2)]
    stage = asleep(*things, spec=ENFORCING)
    for thing in things:
        stage.world.aws.by_hand(thing.id, Power.RUNNING)
    stage.run_until(at(9, day=30))
    assert [run.cause for run in stage.world.runs()].count(Cause.ENFORCEMENT) == 1
    saved = [run.saved for run in stage.world.runs() if run.saved]
    assert saved == [pytest.approx({"m5.large": 60 * len(things)}, rel=0.01)]


def test_what_somebody_started_meanwhile_saved_nothing_that_is_known() -> None:
    stage = asleep(instance(), instance(2))
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    assert stage.run_until(at(9, day=30)).run_of().saved == pytest.approx({"m5.large": 60}, rel=0.01)


def test_what_was_brought_back_alone_ends_no_hours() -> None:
    stage = asleep(instance(), instance(2), spec=ENFORCING)
    strays(stage, instance())
    stage.run_on(minutes=5)
    assert stage.world.standing().stopped_by == stage.world.runs()[0].run_id


# Why


def test_why_is_answered_from_the_record() -> None:
    stage = asleep(instance(), instance(66, refusal="OperationNotPermitted"))
    answer = why("qa", "i-00000042", stage.world.ports)
    assert (answer.power, answer.reason) == (Power.STOPPED, "outside period mon-fri 08:00-20:00 (UTC)")
    assert answer.last is not None
    assert (answer.last.outcome, answer.last.reason) == ("failed", "OperationNotPermitted")
    assert answer.last.at == stage.run_of().ended_at
    assert answer.coming is not None
    assert answer.coming.at == at(8, day=30)
    fine = why("qa", instance().id, stage.world.ports).last
    assert fine is not None
    assert (fine.outcome, fine.reason, fine.by) == ("reached", stage.run_of().reason, "signalbox")
    assert why("qa", "i-0", stage.world.ports).last is None
    with pytest.raises(NotFound):
        why("nobody", "i-0", stage.world.ports)


def test_why_names_what_is_waited_for_the_override_and_who_asked() -> None:
    stage = railway(database(busy_until=at(21)), instance()).run_until(at(15))
    override_fleet("qa", Power.STOPPED, at(23), ANA, stage.world.ports)
    stage.run_on(minutes=5)
    answer = why("qa", "orders", stage.world.ports)
    assert answer.override is not None
    assert answer.reason.startswith(f"override by {ANA.arn}: stopped until 2026-11-27 23:00 UTC")
    assert answer.last is not None
    assert (answer.last.outcome, answer.last.reason) == ("busy", "it is maintenance")
    stage = railway(instance())
    switch_fleet("qa", Action.STOP, ANA, stage.world.ports)
    asked = why("qa", instance().id, stage.world.ports)
    assert asked.power is Power.STOPPED
    assert asked.reason == (
        f"stop by {ANA.arn}: a late deployment; the schedule says running: "
        "within period mon-fri 08:00-20:00 (UTC)"
    )


def test_why_tells_who_was_seen_last_and_what_the_fleet_did_before() -> None:
    stage = asleep(instance(), instance(2))
    strays(stage, instance())
    answer = why("qa", instance().id, stage.world.ports)
    assert answer.last is not None
    assert (answer.last.action, answer.last.outcome) == ("stop", "reached")
    assert answer.seen is not None
    assert (answer.seen.power, answer.seen.at) == (Power.RUNNING, at(20, 50))
    assert answer.seen.reason.startswith(f"{instance().id} is running, it should be stopped: outside period")
    assert why("qa", instance(2).id, stage.world.ports).seen is None
    stage.run_on(minutes=5)
    strays(stage, instance(), power=Power.STOPPED)
    assert why("qa", instance().id, stage.world.ports).seen == answer.seen, "a stop that nobody minds"
    stage.run_until(at(9, day=30))
    started = why("qa", instance().id, stage.world.ports)
    assert (started.last and started.last.action, started.seen) == ("start", None)


def test_why_remembers_what_more_than_twenty_runs_have_not_met() -> None:
    stage = asleep(instance(), instance(2), database(), database("bills"))
    strays(stage, database("bills"), by_aws=True)
    strays(stage.run_on(minutes=10), instance())
    for _ in range(MOST_RUNS + 5):
        strays(stage, database(), by_aws=True)
        stage.run_on(minutes=12)
    assert {run.only for run in stage.world.runs()[-MOST_RUNS:]} == {("rds:orders",)}
    answer = why("qa", instance().id, stage.world.ports)
    assert answer.seen is not None
    assert answer.last is not None
    assert answer.last.run_id == stage.world.runs()[0].run_id
    brought_back = why("qa", "bills", stage.world.ports).last
    assert brought_back is not None
    assert brought_back.run_id == stage.world.runs()[1].run_id


def test_why_falls_back_on_the_run_of_the_whole_fleet_and_reads_no_more_than_it_must() -> None:
    stage = asleep(instance(), database())
    for _ in range(MOST_ENTRIES // 2 + 1):
        strays(stage, database(), by_aws=True)
        stage.run_on(minutes=10)
    log = stage.world.wire.log
    log.clear()
    answer = why("qa", instance().id, stage.world.ports)
    assert answer.last is not None
    assert answer.last.run_id == stage.world.runs()[0].run_id
    assert log == ["fleets.known", "fleets.timeline", "runs.with_lots"]
    log.clear()
    assert why("qa", "i-0", stage.world.ports).last is None
    assert log == ["fleets.known", "fleets.timeline", "runs.with_lots"]


def test_why_does_not_guess_who_asked() -> None:
    stage = railway(instance())
    stage.world.set_standing(power=Power.STOPPED)
    reason = why("qa", instance().id, stage.world.ports).reason
    assert reason.startswith("it was told so before what is remembered; the schedule says running")


# Events as they come


def test_events_of_ec2_and_rds_are_read() -> None:
    at_home = {"region": "eu-west-1", "account": "123456789012"}
    ec2: JsonObject = {"source": "aws.ec2", "detail": {"instance-id": "i-1", "state": "running"}, **at_home}
    assert power_changed(ec2) == event(Thing(Kind.EC2, "i-1"))
    detail = {"SourceType": "DB_INSTANCE", "SourceIdentifier": "orders", "EventID": "RDS-EVENT-0154"}
    rds: JsonObject = {"source": "aws.rds", "detail": detail, **at_home}
    assert power_changed(rds) == event(database(), by_aws=True)
    cluster = {**detail, "SourceType": "CLUSTER", "EventID": "RDS-EVENT-0150"}
    assert power_changed({**rds, "detail": cluster}) == event(Thing(Kind.CLUSTER, "orders"), Power.STOPPED)
    assert fleet_due({"fleet": "qa"}) == "qa"
    assert hourly({"time": "now"}) == "now"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"source": "aws.ec2", "detail": {"instance-id": "i-1", "state": "terminated"}},
        {"source": "aws.ec2", "detail": {"instance-id": "", "state": "running"}},
        {"source": "aws.rds", "detail": {"EventID": "RDS-EVENT-9", "SourceType": "CLUSTER"}},
    ],
)
def test_events_that_are_none_of_ours_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        power_changed(wrong)


@pytest.mark.parametrize("wrong", [{}, {"fleet": 7}, {"fleet": ""}])
def test_a_wake_up_names_its_fleet(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="`fleet` must be a name"):
        fleet_due(wrong)


def test_a_week_of_a_fleet_ends_as_it_began() -> None:
    stage = railway(instance(), group(), database()).run_until(at(12) + timedelta(days=7))
    assert powers(stage) == {Power.RUNNING}
    assert {run.phase for run in stage.world.runs()} == {RunPhase.SUCCEEDED}
    assert len(stage.world.runs()) == 10
    assert_in_order(stage)
