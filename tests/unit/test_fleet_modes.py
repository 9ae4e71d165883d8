"""Manual starts and stops: told, brought back, or let be."""

from dataclasses import replace

import pytest

from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Cause
from signalbox.fleets.spec import Account
from signalbox.kernel.errors import Conflict
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
DECEMBER = "2026-12-01T00:00:00.000Z"


def tagged(power: str) -> dict[str, str]:
    return {"env": "qa", "signalbox:power": f"{power} until {DECEMBER}"}


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
    ("thing", "told"),
    [
        (stranger(), f"0 fleets may act on {stranger().id}"),
        (instance(2, member_of="web"), "0 fleets may act on i-00000002"),
        (instance(2, tags=tagged("running")), f"i-00000002 is running until {DECEMBER} by its tag"),
        (instance(2, tags=tagged("nobody knows")), "0 fleets may act on i-00000002"),
    ],
    ids=["stranger", "member", "tagged", "tagged so that nobody can read it"],
)
def test_what_is_not_the_fleets_to_bring_back_is_let_be(thing: Thing, told: str) -> None:
    stage = asleep(instance(), thing, spec=ENFORCING)
    assert strays(stage, thing) == [told]


def test_a_tag_that_agrees_with_the_fleet_lets_nobody_start_anything() -> None:
    stage = asleep(instance(2, tags=tagged("stopped")), spec=ENFORCING)
    assert "it should be stopped: outside period" in strays(stage, instance(2))[0]
    stage.run_on(minutes=1)
    assert powers(stage) == {Power.STOPPED}


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
