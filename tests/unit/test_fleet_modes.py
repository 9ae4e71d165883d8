"""Manual starts and stops: told, brought back, or let be; and what the record answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.commands.occurrences import fleet_due, hourly, power_changed
from signalbox.fleets.commands.override_fleet import override_fleet
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.commands.why import why
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Cause, RunPhase
from signalbox.fleets.spec import Account
from signalbox.kernel.errors import Conflict, NotFound
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
    place,
    powers,
    railway,
    selecting,
    stranger,
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


def test_a_manual_start_is_stopped_within_a_minute() -> None:
    stage = asleep(instance(), instance(2), spec=ENFORCING)
    strays(stage, instance())
    stage.run_on(minutes=1)
    assert powers(stage, instance().id) == {Power.STOPPED}
    run = stage.run_of()
    assert (run.cause, run.only) == (Cause.ENFORCEMENT, ("ec2:i-00000001",))
    assert run.reason.startswith("i-00000001 is running, it should be stopped: outside period")
    stage.run_until(at(9, 30, day=30))
    assert_in_order(stage)


def test_a_manual_stop_is_started_again() -> None:
    stage = railway(now=at(7), spec=ENFORCING).run_until(at(9))
    strays(stage, instance(2), power=Power.STOPPED)
    stage.run_on(minutes=3)
    assert powers(stage) == {Power.RUNNING}


def test_several_manual_starts_at_once_are_brought_back_together() -> None:
    things = [instance(number) for number in range(1, 6)]
    stage = asleep(*things, spec=ENFORCING)
    strays(stage, *things)
    again = enforce(event(things[0]), stage.world.ports)
    assert "goes on" in again
    stage.run_on(minutes=3)
    assert powers(stage) == {Power.STOPPED}
    assert len(stage.run_of().only) == 5
    assert_in_order(stage)


def test_very_many_manual_starts_are_a_run_of_the_whole_fleet() -> None:
    things = [instance(number) for number in range(1, 103)]
    stage = asleep(*things, spec=ENFORCING)
    strays(stage, *things)
    assert stage.run_of().only == ()
    stage.run_on(minutes=3)
    assert powers(stage) == {Power.STOPPED}


def test_two_workers_that_enforce_at_once_bring_back_both() -> None:
    stage = asleep(instance(), instance(2), spec=ENFORCING)
    once = iter([True])

    def fail(name: str) -> None:
        if name == "fleets.save" and next(once, False):
            strays(stage, instance(2))

    stage.world.wire.fail = fail
    strays(stage, instance())
    stage.run_on(minutes=2)
    assert powers(stage) == {Power.STOPPED}


def test_somebody_who_is_always_faster_is_a_conflict() -> None:
    stage = asleep(instance(), spec=ENFORCING)

    def fail(name: str) -> None:
        if name == "fleets.save":
            raise Conflict("faster")

    stage.world.wire.fail = fail
    with pytest.raises(Conflict):
        strays(stage, instance())


def test_the_sweep_brings_back_what_no_event_has_told() -> None:
    stage = asleep(instance(), group(), spec=ENFORCING)
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    stage.run_until(at(22, 10))
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().reason == "the hourly sweep"
    assert_in_order(stage)


def test_the_sweep_leaves_a_run_that_is_under_way_alone_and_what_never_acted() -> None:
    stage = railway(instance(seconds=3600), spec=replace(ENFORCING, deadline="2h")).run_until(at(21, 30))
    assert len(stage.world.runs()) == 1
    assert_in_order(stage.run_until(at(23, 30)))


def test_a_fleet_on_a_schedule_tells_and_lets_be() -> None:
    stage = asleep(instance())
    strays(stage, instance())
    stage.run_until(at(23))
    assert powers(stage) == {Power.RUNNING}
    told = stage.timeline()[-1]
    assert told.type == "Resource Started By Others"
    assert told.data == {"resource": instance().id, "kind": "ec2", "mode": "schedule"}


def test_a_database_that_aws_starts_after_seven_days_is_stopped_again() -> None:
    stage = asleep(database(), group(), instance())
    strays(stage, database(), by_aws=True)
    stage.run_on(minutes=10)
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().reason.endswith("; AWS started it")
    assert stage.run_of().only == ("rds:orders",)


def test_a_fleet_that_observes_tells_and_touches_nothing() -> None:
    stage = asleep(instance(), database(), spec=fleet(mode="observe"))
    assert powers(stage) == {Power.RUNNING}
    assert stage.types()[-1] == "Fleet Observed"
    assert set(stage.outcomes().values()) == {"skipped: the fleet only observes"}
    assert not stage.world.aws.touched
    strays(stage, database(), by_aws=True)
    assert stage.types()[-1] == "Resource Started By Others"
    assert_in_order(stage.run_until(at(9, day=30)))


def test_the_echo_of_a_run_asks_aws_nothing() -> None:
    stage = asleep(instance(), spec=ENFORCING)
    calls = len(stage.world.aws.calls)
    told = enforce(event(instance(), Power.STOPPED), stage.world.ports)
    assert told == "i-00000001 is stopped: no fleet wants anything else"
    assert len(stage.world.aws.calls) == calls


def test_what_happens_elsewhere_concerns_no_fleet() -> None:
    stage = asleep(instance(), spec=ENFORCING)
    there = event(instance(), region="us-east-1")
    assert enforce(there, stage.world.ports) == "i-00000001 is running: no fleet wants anything else"
    desktop = event(Thing(Kind.WORKSPACES, "ws-12345678"))
    assert enforce(desktop, stage.world.ports).endswith("no fleet wants anything else")


def test_a_late_event_of_something_that_is_back_already_is_nothing() -> None:
    stage = asleep(instance(), spec=ENFORCING)
    assert enforce(event(instance()), stage.world.ports) == "0 fleets may act on i-00000001"


@pytest.mark.parametrize(
    "thing",
    [
        stranger(),
        instance(2, member_of="web"),
        instance(2, tags={"env": "qa", "signalbox:power": "running until 2026-12-01T00:00Z"}),
    ],
    ids=["stranger", "member", "tagged"],
)
def test_what_is_not_the_fleets_to_bring_back_is_let_be(thing: Thing) -> None:
    stage = asleep(instance(), thing, spec=ENFORCING)
    assert strays(stage, thing) == [f"0 fleets may act on {thing.id}"]


def test_what_no_longer_is_selected_when_the_run_looks_is_let_be() -> None:
    stage = asleep(instance(), spec=ENFORCING)
    strays(stage, instance())
    stage.world.aws.of(instance().id).tags.clear()
    stage.run_on(minutes=3)
    assert powers(stage) == {Power.RUNNING}
    assert stage.run_of().counts["reached"] == 0


def test_what_two_fleets_claim_is_left_to_people() -> None:
    stage = asleep(instance(), spec=ENFORCING)
    stage.registered(fleet("other", mode="enforce"))
    assert strays(stage, instance()) == ["2 fleets may act on i-00000001"]


def test_one_of_two_fleets_wants_it_so() -> None:
    stage = railway(instance(), spec=ENFORCING)
    stage.registered(fleet("other", select=selecting(tags={"env": ("dev",)})))
    switch_fleet("other", Action.STOP, ANA, stage.world.ports)
    told = enforce(event(instance()), stage.world.ports)
    assert told == "i-00000001 is running, as qa wants it"


def test_a_run_of_the_whole_fleet_is_not_interrupted() -> None:
    stage = railway(instance(), instance(2, seconds=600), spec=ENFORCING).run_until(at(20, 5))
    assert "goes on: i-00000001 is running" in strays(stage, instance())[0]


def test_another_account_is_entered_by_its_role() -> None:
    there = place("eu-west-1", "999999999999")
    account = Account(role_arn="arn:aws:iam::999999999999:role/signalbox", external_id="secret")
    spec = replace(ENFORCING, select=selecting(accounts=(account,)))
    stage = asleep(instance(1, place=there), instance(2), spec=spec)
    assert powers(stage, instance().id) == {Power.STOPPED}
    assert powers(stage, instance(2).id) == {Power.RUNNING}
    strays(stage, instance(1, place=there))
    stage.run_on(minutes=2)
    assert powers(stage, instance().id) == {Power.STOPPED}


def test_what_runs_early_is_retained_by_the_sweep_as_well() -> None:
    stage = asleep(instance(), instance(2), spec=replace(ENFORCING, retain=True))
    stage.sweeps = False
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    stage.run_until(at(20, 30, day=30)).sweeps = True
    stage.run_until(at(22, day=30))
    assert powers(stage, instance().id) == {Power.RUNNING}
    assert powers(stage, instance(2).id) == {Power.STOPPED}


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
    stage = asleep(instance(), spec=ENFORCING).run_until(at(9, day=30))
    assert stage.run_of(place=-1).cause is Cause.ENFORCEMENT
    saved = [run.saved for run in stage.world.runs() if run.saved]
    assert saved == [pytest.approx({"m5.large": 60}, rel=0.01)]


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
