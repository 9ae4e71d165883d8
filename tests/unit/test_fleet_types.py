"""What has no capacity takes another type, runs with it, and has its own again when it has been stopped."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.commands.why import why
from signalbox.fleets.decisions.types import lacking
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Lot, RunPhase
from signalbox.fleets.steps import asking
from signalbox.kernel.errors import Invalid, Rejected, Transient, Unprocessable
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import (
    OFFICE,
    assert_in_order,
    at,
    database,
    fleet,
    instance,
    powers,
    railway,
    selecting,
)
from tests.unit.fleet_world import HOME, Thing

OWN = "m5.large"
ALTERNATES = {OWN: ("m5a.large", "m6i.large")}
WEEK = at(23, day=30)
KEY = f"{HOME.account}/{HOME.region}/ec2/{instance().id}"


def stopped(*things: Thing, scarce: dict[str, datetime] | None = None, **more: Any) -> Railway:
    """A fleet with alternates that stands still, on Monday before eight; there is no capacity of its type."""
    for thing in things or (things := (instance(),)):
        thing.power = Power.STOPPED
    stage = railway(*things, now=at(7, 50, day=30), spec=fleet(alternates=ALTERNATES, **more))
    stage.world.aws.scarce = {OWN: WEEK} if scarce is None else scarce
    return stage


def type_of(stage: Railway, number: int = 1) -> str:
    return stage.world.aws.of(instance(number).id).unit


def notes(stage: Railway) -> dict[str, tuple[str, ...]]:
    return dict(stage.world.standing().types)


def test_an_alternate_is_taken_told_and_given_back_at_the_stop() -> None:
    stage = stopped(instance(), instance(2, unit="m5.xlarge"), database())
    stage.run_until(at(9, day=30))
    assert powers(stage) == {Power.RUNNING}
    assert (type_of(stage), type_of(stage, 2)) == ("m5a.large", "m5.xlarge")
    told = "it is m5a.large instead of m5.large, of which there was no capacity"
    last = why("qa", instance().id, stage.world.ports).last
    assert last is not None
    assert (last.outcome, last.reason) == ("reached", told)
    assert stage.timeline()[-1].data["types"] == {told: [instance().id]}
    assert notes(stage) == {KEY: (OWN, "m5a.large")}
    stage.run_until(at(21, day=30))
    assert powers(stage) == {Power.STOPPED}
    assert type_of(stage) == OWN
    last = why("qa", instance().id, stage.world.ports).last
    assert last is not None
    assert (last.outcome, last.reason) == ("reached", "it is m5.large again")
    assert notes(stage) == {}
    assert "types" not in stage.timeline()[-1].data
    assert_in_order(stage)


def test_the_next_one_is_taken_and_then_its_own_again_with_backoff() -> None:
    stage = stopped(scarce={OWN: at(8, 12, day=30), "m5a.large": WEEK, "m6i.large": WEEK})
    stage.run_until(at(9, day=30))
    assert powers(stage) == {Power.RUNNING}
    assert type_of(stage) == OWN
    assert notes(stage) == {}
    assert stage.world.aws.count("type") < 30
    assert_in_order(stage)


def test_what_has_no_capacity_in_any_type_is_named_and_has_its_own_again_with_the_next_run() -> None:
    scarce = dict.fromkeys((OWN, *ALTERNATES[OWN]), WEEK)
    stage = stopped(scarce=scarce, deadline="9m").run_until(at(9, day=30))
    outcome = stage.outcomes()[instance().id]
    assert outcome.startswith("failed: InsufficientInstanceCapacity: no m")
    assert stage.run_of().phase is RunPhase.INCOMPLETE
    stage.world.aws.of(instance().id).unit = "m6i.large"
    stage.world.set_standing(types={KEY: (OWN, "m6i.large")})
    stage.run_until(at(21, day=30))
    assert (type_of(stage), notes(stage)) == (OWN, {})
    assert stage.outcomes() == {instance().id: "reached"}
    assert_in_order(stage)


def test_who_stopped_it_by_hand_finds_its_own_type_after_the_next_start() -> None:
    stage = stopped(scarce={OWN: at(20, day=30)}).run_until(at(9, day=30))
    stage.world.aws.by_hand(instance().id, Power.STOPPED)
    stage.world.aws.scarce = {}
    stage.run_until(at(19, day=30))
    assert type_of(stage) == "m5a.large"
    stage.run_until(at(9, day=30).replace(month=12, day=1))
    assert (type_of(stage), powers(stage), notes(stage)) == (OWN, {Power.RUNNING}, {})


def test_what_stands_still_before_a_start_has_its_own_type_first() -> None:
    stage = stopped(instance(unit="m6i.large"), scarce={})
    stage.world.set_standing(types={KEY: (OWN, "m5a.large", "m6i.large")})
    stage.run_until(at(9, day=30))
    assert (type_of(stage), powers(stage), notes(stage)) == (OWN, {Power.RUNNING}, {})


def test_what_runs_with_another_type_already_stays_so_until_it_stops() -> None:
    stage = stopped(scarce={})
    thing = stage.world.aws.of(instance().id)
    thing.unit, thing.power = "m5a.large", Power.RUNNING
    stage.world.set_standing(types={KEY: (OWN, "m5a.large")})
    stage.run_until(at(9, day=30))
    assert (type_of(stage), notes(stage)) == ("m5a.large", {KEY: (OWN, "m5a.large")})


def test_a_type_that_somebody_chose_meanwhile_is_theirs() -> None:
    stage = stopped().run_until(at(9, day=30))
    stage.world.aws.of(instance().id).unit = "c5.xlarge"
    stage.run_until(at(21, day=30))
    assert (type_of(stage), notes(stage)) == ("c5.xlarge", {})


def test_one_that_ec2_refuses_is_passed_over() -> None:
    stage = stopped()
    stage.world.aws.unfit = {"m5a.large": "Unsupported: m5a.large is not there in eu-west-1a"}
    stage.run_until(at(9, day=30))
    assert (type_of(stage), powers(stage)) == ("m6i.large", {Power.RUNNING})
    assert_in_order(stage)


def test_its_own_type_that_ec2_refuses_after_the_stop_is_told_and_tried_again() -> None:
    stage = stopped().run_until(at(9, day=30))
    stage.world.aws.unfit = {OWN: "UnauthorizedOperation: no"}
    stage.run_until(at(21, day=30))
    assert powers(stage) == {Power.STOPPED}
    last = why("qa", instance().id, stage.world.ports).last
    assert last is not None
    assert last.reason == (
        "it is m5a.large instead of m5.large, of which there was no capacity; UnauthorizedOperation: no"
    )
    assert notes(stage) == {KEY: (OWN, "m5a.large")}
    stage.world.aws.unfit = {}
    stage.run_until(at(9, day=30).replace(month=12, day=1))
    assert powers(stage) == {Power.RUNNING}
    assert_in_order(stage)


@pytest.mark.parametrize("error", [Transient("RequestLimitExceeded"), Rejected("AssumeRole: AccessDenied")])
def test_a_return_that_cannot_be_asked_for_ends_with_the_deadline(error: Exception) -> None:
    stage = stopped(deadline="10m").run_until(at(9, day=30))

    def refuse(operation: str, *_: object) -> None:
        if operation == "type":
            raise error

    stage.world.aws.refuse = refuse
    stage.run_until(at(21, day=30))
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    assert notes(stage) == {KEY: (OWN, "m5a.large")}
    assert_in_order(stage)


def test_many_take_turns_as_fast_as_ec2_allows() -> None:
    things = [instance(number) for number in range(1, 130)]
    stage = stopped(*things).run_until(at(10, day=30))
    assert {thing.unit for thing in things} == {"m5a.large"}
    assert powers(stage) == {Power.RUNNING}
    stage.run_until(at(22, day=30))
    assert {thing.unit for thing in things} == {OWN}
    assert notes(stage) == {}


def test_what_would_be_too_much_to_remember_waits_for_its_own_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_NOTED", 1)
    things = instance(1), instance(2)
    stage = stopped(*things, scarce={OWN: at(8, 10, day=30)}).run_until(at(9, day=30))
    assert powers(stage) == {Power.RUNNING}
    assert sorted(thing.unit for thing in things) == [OWN, "m5a.large"]


def test_a_fleet_that_only_observes_changes_no_type() -> None:
    stage = stopped(instance(unit="m5a.large"), mode="observe")
    stage.world.set_standing(types={KEY: (OWN, "m5a.large")})
    stage.run_until(at(21, day=30))
    assert type_of(stage) == "m5a.large"


def test_what_has_no_type_of_its_own_takes_none() -> None:
    lot = Lot(number=0, stage=0, kind=Kind.EC2, place=HOME, waiting=("i-1",), units={"m5.large": ("i-1",)})
    assert lacking(lot, ["i-1"], {"m5.xlarge": ("m5a.xlarge",)}) == lot
    changed = replace(lot, units={"t1": ("i-1",)})
    assert lacking(changed, ["i-1"], {"t1": ("t2",)}).types["i-1"].next == "t2"


def _short_day() -> Railway:
    return stopped(schedule=(replace(OFFICE, to="08:30"),))


def _calls() -> int:
    stage = _short_day()
    before = len(stage.world.wire.log)
    return len(stage.run_until(at(8, 50, day=30)).world.wire.log) - before


@pytest.mark.parametrize("number", range(_calls()))
def test_whoever_dies_at_any_moment_leaves_an_instance_that_has_its_own_type_again(
    number: int,
) -> None:
    stage = _short_day()
    stage.world.wire.dies_at = len(stage.world.wire.log) + number
    stage.run_until(at(8, 25, day=30))
    assert powers(stage) == {Power.RUNNING}
    stage.run_until(at(9, 30, day=30))
    assert (type_of(stage), powers(stage), notes(stage)) == (OWN, {Power.STOPPED}, {})
    assert_in_order(stage)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"select": selecting(kinds=(Kind.RDS,))},
            "only instances of EC2 take another type, and none of rds",
        ),
        ({"alternates": {OWN: ("m5a.large", OWN)}}, "m5.large is named already"),
    ],
)
def test_alternates_that_contradict_the_fleet_are_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        railway().registered(replace(fleet(alternates=ALTERNATES), **more))


@pytest.mark.parametrize(
    ("alternates", "message"),
    [
        ({OWN: ("m6g.large",)}, "m5.large is x86_64 and m6g.large is arm64: give types of one architecture"),
        ({OWN: ("z9.large",)}, "eu-west-1 has no instance type z9.large"),
        ({"z9.large": (OWN,)}, "eu-west-1 has no instance type z9.large"),
    ],
)
def test_alternates_that_could_not_start_are_refused(
    alternates: dict[str, tuple[str, ...]], message: str
) -> None:
    with pytest.raises(Unprocessable, match=message):
        railway().registered(fleet(alternates=alternates))


def test_who_is_stopped_while_it_looks_for_capacity_has_its_own_type_again() -> None:
    stage = stopped(scarce=dict.fromkeys((OWN, "m5a.large"), WEEK)).run_until(at(8, 2, day=30))
    assert type_of(stage) == "m5a.large"
    switch_fleet("qa", Action.STOP, ANA, stage.world.ports)
    stage.run_on(minutes=10)
    assert (type_of(stage), powers(stage), notes(stage)) == (OWN, {Power.STOPPED}, {})
    assert_in_order(stage)
