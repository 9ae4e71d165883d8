"""Somebody wants something else for a while: it ends by itself, and conflicts are named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.delete_fleet import delete_fleet
from signalbox.fleets.commands.override_fleet import lift_override, override_fleet
from signalbox.fleets.commands.remembered import remembered
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Registered, RunPhase
from signalbox.fleets.spec import Account, FleetSpec, Period
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected
from tests.unit.fleet_machine import ANA, BEN, Railway
from tests.unit.fleet_stories import (
    OFFICE,
    TAGS,
    asleep,
    assert_in_order,
    at,
    fleet,
    instance,
    powers,
    railway,
    selecting,
)
from tests.unit.fleet_world import refuse_at

ELSEWHERE = Account(role_arn="arn:aws:iam::999999999999:role/r", external_id="x1")


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
    stage.sweep()
    assert stage.world.timetable.armed == {"qa": at(22)}
    stage.run_until(at(22, 30))
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().reason == "what a tag asked for is over"
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


def rivals(*specs: FleetSpec) -> Railway:
    """Two fleets with the same instance, one of which sleeps at noon."""
    stage = railway(instance(group="nightly"), instance(2))
    for spec in specs:
        stage.registered(spec)
    return stage


NAMED = fleet("other", select=selecting(tags=None, resources=(f"ec2:{instance().id}",)))


@pytest.mark.parametrize(
    "other",
    [
        fleet("other", select=selecting(tags={"env": ("qa", "dev")})),
        NAMED,
        fleet("other", select=selecting(tags=None, group="nightly")),
    ],
    ids=["by tags", "by name", "by group"],
)
def test_two_fleets_that_claim_one_resource_are_a_named_conflict_and_nothing_alternates(
    other: FleetSpec,
) -> None:
    late = Period(days="mon-fri", from_="22:00", to="23:00")
    noon = replace(other, schedule=(replace(OFFICE, to="13:00"), late))
    stage = rivals(noon)
    for moment in (at(14), at(21), at(22, 30), at(23, 30)):
        stage.run_until(moment)
        assert powers(stage, instance().id) == {Power.RUNNING}, moment
    why = "skipped: conflict: fleet qa claims it as well; select it in one of them only"
    assert stage.outcomes(stage.run_of("other"))[instance().id] == why
    assert stage.outcomes()[instance().id] == why.replace("fleet qa", "fleet other")
    assert_in_order(stage, "qa", "other")


@pytest.mark.parametrize(
    "other",
    [
        fleet("other", mode="observe"),
        fleet("other", select=selecting(kinds=(Kind.RDS,))),
        fleet("other", select=selecting(regions=("us-east-1",))),
        fleet(
            "other",
            select=selecting(accounts=(ELSEWHERE,)),
        ),
        fleet("other", select=selecting(tags=None, group="weekly")),
        fleet("other", select=selecting(tags={**TAGS, "team": ("core",)})),
    ],
    ids=["observes", "other kind", "other Region", "other account", "other group", "other tags"],
)
def test_a_fleet_that_does_not_claim_it_is_no_rival(other: FleetSpec) -> None:
    stage = rivals(other).run_until(at(21))
    assert powers(stage) == {Power.STOPPED}


def test_a_group_that_aws_does_not_know_claims_nothing() -> None:
    stage = rivals(fleet("other", select=selecting(tags=None, group="gone")))

    def refuse(operation: str, *_: object) -> None:
        if operation == "find" and stage.world.wire.log.count("switch.find") % 2:
            raise Rejected("NotFoundException: no such group")

    stage.world.aws.refuse = refuse
    stage.run_until(at(21))
    assert stage.types("other")[-1] == "Fleet Run Incomplete"


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
