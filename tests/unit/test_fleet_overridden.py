"""Somebody wants something else for a while: it ends by itself, and conflicts are named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.delete_fleet import delete_fleet
from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.commands.override_fleet import lift_override, override_fleet
from signalbox.fleets.commands.remembered import remembered
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Registered, Run, RunPhase
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected
from tests.unit.fleet_machine import ANA, BEN
from tests.unit.fleet_stories import (
    asleep,
    assert_in_order,
    at,
    fleet,
    instance,
    powers,
    railway,
)
from tests.unit.fleet_world import HOME, refuse_at


@pytest.mark.parametrize(
    "wish",
    [
        lambda ports: override_fleet("qa", Power.RUNNING, at(22), ANA, ports),
        lambda ports: switch_fleet("qa", Action.START, ANA, ports),
        lambda ports: lift_override("qa", ANA, ports),
    ],
)
def test_a_wish_beside_another_write_looks_again(wish: Callable[[FleetPorts], Run]) -> None:
    stage = railway().run_until(at(21))
    override_fleet("qa", Power.RUNNING, at(22), ANA, stage.world.ports)
    stage.run_on(minutes=3)
    refusals = iter([Conflict("somebody else was faster")])

    def fail(name: str) -> None:
        if name == "fleets.save" and (refusal := next(refusals, None)):
            raise refusal

    stage.world.wire.fail = fail
    run = wish(stage.world.ports)
    assert next(refusals, None) is None
    assert stage.run_of().run_id == run.run_id
    stage.run_until(at(22, 30))
    assert_in_order(stage)


def test_a_fleet_is_kept_up_tonight_and_stops_by_itself() -> None:
    stage = railway().run_until(at(19))
    override_fleet("qa", Power.RUNNING, at(22), ANA, stage.world.ports)
    stage.run_until(at(21, 59))
    assert powers(stage) == {Power.RUNNING}
    stage.run_until(at(22, 30))
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().reason.startswith(f"override by {ANA.arn} ends: outside")
    assert stage.types().count("Fleet Overridden") == stage.types().count("Override Ended") == 1
    assert stage.world.standing().override is None
    assert_in_order(stage)


def test_an_override_that_ends_between_two_seconds_ends() -> None:
    stage = railway().run_until(at(19))
    override_fleet("qa", Power.RUNNING, at(22) + timedelta(milliseconds=700), ANA, stage.world.ports)
    stage.sweeps = False
    stage.run_until(at(22, 30))
    assert powers(stage) == {Power.STOPPED}


def test_an_override_whose_end_changes_nothing_begins_no_run() -> None:
    stage = railway().run_until(at(19))
    override_fleet("qa", Power.RUNNING, at(9, day=30), ANA, stage.world.ports)
    stage.run_until(at(10, 30, day=30))
    assert [run.action for run in stage.world.runs()] == [Action.START]
    assert stage.types()[-1] == "Override Ended"
    stage.run_until(at(21, day=30))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_an_override_that_ends_while_the_control_plane_is_down_is_caught_up() -> None:
    stage = railway().run_until(at(19))
    override_fleet("qa", Power.STOPPED, at(19, 30), ANA, stage.world.ports)
    stage.run_until(at(19, 10)).down = True
    stage.run_until(at(19, 50)).down = False
    stage.run_until(at(19, 59))
    assert powers(stage) == {Power.RUNNING}
    assert "caught up" in stage.run_of().reason


def test_a_lifted_override_gives_way_to_the_schedule() -> None:
    stage = railway().run_until(at(15))
    override_fleet("qa", Power.STOPPED, at(23), ANA, stage.world.ports)
    stage.run_until(at(16))
    assert powers(stage) == {Power.STOPPED}
    lift_override("qa", BEN, stage.world.ports)
    stage.run_until(at(17))
    assert powers(stage) == {Power.RUNNING}
    assert stage.run_of().reason.startswith("override lifted: within")
    with pytest.raises(NotFound):
        lift_override("qa", BEN, stage.world.ports)
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_two_overrides_that_want_the_opposite_are_a_named_conflict() -> None:
    stage = railway().run_until(at(15))
    override_fleet("qa", Power.RUNNING, at(22), ANA, stage.world.ports)
    with pytest.raises(Conflict, match="ana wants it running until 2026-11-27T22:00:00.000Z .a late deploy"):
        override_fleet("qa", Power.STOPPED, at(23), BEN, stage.world.ports)
    override_fleet("qa", Power.RUNNING, at(23), BEN, stage.world.ports)
    stage.run_until(at(22, 30))
    assert powers(stage) == {Power.RUNNING}
    stage.run_until(at(23, 30))
    assert powers(stage) == {Power.STOPPED}


@pytest.mark.parametrize("until", [at(14), at(14) + timedelta(days=400)])
def test_an_override_has_an_end_that_is_not_far(until: object) -> None:
    stage = railway().run_until(at(15))
    with pytest.raises(Invalid, match="at most a year ahead"):
        override_fleet("qa", Power.RUNNING, until, ANA, stage.world.ports)  # type: ignore[arg-type]


def tagged(text: str) -> dict[str, str]:
    return {"env": "qa", "signalbox:power": text}


def test_what_its_tag_keeps_up_stops_when_the_tag_says() -> None:
    stage = asleep(instance(), instance(2, tags=tagged("running until 2026-11-27T23:00:00+01:00")))
    assert powers(stage, instance(2).id) == {Power.RUNNING}
    assert stage.outcomes()[instance(2).id] == "skipped: running until 2026-11-27T22:00:00.000Z by its tag"
    assert stage.world.timetable.armed == {"qa": at(22)}, "before any sweep"
    assert stage.types().count("Resources Held Back") == 1
    stage.run_until(at(22, 30))
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().reason == "what a tag asked for is over"
    assert stage.world.timetable.armed == {"qa": at(8, day=30)}
    assert_in_order(stage)


def test_a_tag_that_ends_before_the_next_sweep_ends_at_its_moment() -> None:
    text = "running until 2026-11-27T20:20Z"
    stage = railway(instance(), instance(2, tags=tagged(text)))
    stage.sweeps = False
    stage.run_until(at(20, 10))
    assert powers(stage, instance(2).id) == {Power.RUNNING}
    stage.run_until(at(20, 25))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_a_tag_that_the_event_of_a_start_shows_ends_at_its_moment() -> None:
    stage = asleep(instance(), instance(2))
    stage.sweeps = False
    stage.world.aws.of(instance().id).tags = tagged("running until 2026-11-27T22:00Z")
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    event = Switched(
        kind=Kind.EC2, id=instance().id, power=Power.RUNNING, region=HOME.region, account=HOME.account
    )
    told = enforce(event, stage.world.ports)
    assert told == f"{instance().id} is running until 2026-11-27T22:00:00.000Z by its tag"
    enforce(event, stage.world.ports)
    assert stage.types().count("Resources Held Back") == 1
    stage.run_until(at(21, 55))
    assert powers(stage, instance().id) == {Power.RUNNING}
    stage.run_until(at(22, 5))
    assert powers(stage) == {Power.STOPPED}
    assert stage.world.timetable.armed == {"qa": at(8, day=30)}
    assert_in_order(stage)


def test_the_tag_that_ends_first_wakes_the_fleet_first() -> None:
    stage = asleep(
        instance(1, tags=tagged("running until 2026-11-27T23:00Z")),
        instance(2, tags=tagged("running until 2026-11-27T22:00Z")),
        instance(3, tags=tagged("running until 2026-12-30T22:00Z")),
    )
    stage.run_until(at(22, 30))
    assert powers(stage, instance(1).id) == {Power.RUNNING}
    stage.run_until(at(23, 30))
    assert powers(stage, instance(1).id) == {Power.STOPPED}
    stage.run_until(at(9, day=30))
    assert powers(stage) == {Power.RUNNING}


def test_a_tag_that_agrees_or_is_over_changes_nothing() -> None:
    stage = asleep(
        instance(1, tags=tagged("stopped until 2026-12-27T23:00Z")),
        instance(2, tags=tagged("running until 2026-11-27T19:00Z")),
    )
    assert powers(stage) == {Power.STOPPED}


@pytest.mark.parametrize(
    "text", ["forever", "running until tomorrow-noon", "running until 2026-11-27T22:00:00"]
)
def test_a_tag_that_nobody_can_read_holds_back_and_says_so(text: str) -> None:
    stage = asleep(instance(2, tags=tagged(text)))
    assert powers(stage) == {Power.RUNNING}
    assert stage.outcomes()[instance(2).id].startswith("skipped: its tag cannot be read: say in tag")


def test_an_override_and_a_tag_that_want_the_opposite_are_a_named_conflict() -> None:
    stage = railway(instance(), instance(2, tags=tagged("running until 2026-11-29T22:00Z"))).run_until(at(15))
    override_fleet("qa", Power.STOPPED, at(23), ANA, stage.world.ports)
    stage.run_until(at(16))
    assert powers(stage, instance().id) == {Power.STOPPED}
    assert stage.outcomes()[instance(2).id] == (
        "skipped: conflict: override: stopped until 2026-11-27T23:00:00.000Z, "
        "but running until 2026-11-29T22:00:00.000Z by its tag"
    )


def test_a_request_holds_until_the_next_transition() -> None:
    stage = railway().run_until(at(15))
    run = switch_fleet("qa", Action.STOP, replace(ANA, reason=""), stage.world.ports)
    assert run.reason == "stop requested"
    stage.run_until(at(16))
    assert powers(stage) == {Power.STOPPED}
    switch_fleet("qa", Action.START, ANA, stage.world.ports)
    stage.run_until(at(19))
    assert powers(stage) == {Power.RUNNING}
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_a_fleet_that_is_forgotten_is_left_as_it_is() -> None:
    stage = railway(instance(1, seconds=600), instance(2)).run_until(at(20, 1))
    delete_fleet("qa", ANA, stage.world.ports)
    stage.run_until(at(9, day=30))
    assert stage.run_of().phase is RunPhase.SUPERSEDED
    assert not stage.world.timetable.armed
    with pytest.raises(NotFound):
        delete_fleet("qa", ANA, stage.world.ports)
    assert attend("qa", stage.world.ports) == "there is no fleet qa any more"
    stage.registered(fleet())
    stage.run_until(at(21, day=30))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_what_has_been_of_a_forgotten_fleet_can_be_read_and_what_never_was_cannot() -> None:
    stage = railway()
    remembered("qa", stage.world.ports)
    delete_fleet("qa", ANA, stage.world.ports)
    remembered("qa", stage.world.ports)
    with pytest.raises(NotFound, match="there is no fleet nobody"):
        remembered("nobody", stage.world.ports)
    stage.world.store.fleets["young"] = Registered(  # its first event has not been recorded yet
        spec=fleet("young"), created_at="", updated_at="", updated_by=""
    )
    remembered("young", stage.world.ports)


def test_a_fleet_that_contradicts_itself_is_not_stored() -> None:
    stage = railway()
    with pytest.raises(Invalid):
        stage.registered(fleet(zone="Mars/Olympus"))
    assert stage.world.ports.fleets.get("qa").spec == fleet()


def test_one_fleet_that_cannot_be_looked_after_keeps_the_sweep_from_no_other() -> None:
    stage = railway()
    broken = replace(fleet("aa"), zone="Mars/Olympus")
    registered = stage.world.store.fleets["qa"]
    stage.world.store.fleets = {"aa": replace(registered, spec=broken), "qa": registered}
    stage.sweep()
    assert "aa: zone: " in stage.told[-1]
    assert "qa: nothing is due" in stage.told[-1]


def test_while_the_change_calendar_is_closed_no_period_begins() -> None:
    calendar = "arn:aws:ssm:eu-west-1:123456789012:document/freeze"
    stage = railway()
    stage.world.calendars.spans = ((at(0, day=30), at(0, day=30) + timedelta(days=1)),)
    stage.registered(fleet(calendar=calendar))
    stage.run_until(at(12, day=30))
    assert powers(stage) == {Power.STOPPED}
    stage.run_until(at(12, day=30) + timedelta(days=1))
    assert powers(stage) == {Power.RUNNING}


def test_refusals_elsewhere_do_not_concern_a_fleet() -> None:
    stage = railway()
    stage.world.aws.refuse = refuse_at("ap-south-1", Rejected("no"), "find")
    assert powers(stage.run_until(at(21))) == {Power.STOPPED}
