"""In mode `enforce` a tag is not only minded, it is done: at the next sweep, and undone at its end."""

import pytest

from signalbox.fleets.commands.override_fleet import override_fleet
from signalbox.fleets.commands.strays import MOST_TAGGED
from signalbox.fleets.commands.why import why
from signalbox.fleets.decisions.tags import tag_override
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Cause
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import (
    QA,
    asleep,
    assert_in_order,
    at,
    database,
    fleet,
    group,
    instance,
    powers,
    railway,
    selecting,
)

ENFORCING = fleet(mode="enforce")
EC2_ONLY = fleet(mode="enforce", select=selecting(kinds=(Kind.EC2,)))


def tag(stage: Railway, id_: str, text: str) -> None:
    """Its owner does, by hand."""
    stage.world.aws.of(id_).tags["signalbox:power"] = text


def at_noon() -> Railway:
    return railway(now=at(7), spec=ENFORCING).run_until(at(11, 50))


@pytest.mark.parametrize("id_", [instance(1).id, "web", "orders"])
def test_what_its_tag_wants_stopped_by_day_is_stopped_until_the_tag_says(id_: str) -> None:
    stage = at_noon()
    tag(stage, id_, "stopped until 2026-11-27T15:20Z")
    stage.run_until(at(12, 10))
    assert powers(stage, id_) == {Power.STOPPED}
    assert set(stage.world.aws.powers().values()) == {Power.STOPPED, Power.RUNNING}, "and nothing else"
    run = stage.run_of()
    assert (run.cause, run.action, len(run.only)) == (Cause.TAG, Action.STOP, 1)
    assert run.reason == f"{run.only[0]} stopped until 2026-11-27T15:20:00.000Z by its tag"
    assert stage.world.timetable.armed == {"qa": at(15, 20)}
    stage.run_until(at(15, 19))
    assert len(stage.world.runs()) == 2, "it is not done again"
    stage.run_until(at(15, 30))
    assert powers(stage) == {Power.RUNNING}
    assert stage.run_of().reason == "what a tag asked for is over"
    assert_in_order(stage)


@pytest.mark.parametrize("id_", [instance(1).id, "web", "orders"])
def test_what_its_tag_wants_up_at_night_is_started_until_the_tag_says(id_: str) -> None:
    stage = asleep(spec=ENFORCING)
    tag(stage, id_, "running until 2026-11-27T23:30:00Z by Ana Lima because release test")
    stage.run_until(at(21, 10))
    assert powers(stage, id_) == {Power.RUNNING}
    told = "running until 2026-11-27T23:30:00.000Z by its tag (Ana Lima: release test)"
    assert stage.run_of().reason.endswith(told)
    answer = why("qa", id_, stage.world.ports)
    assert answer.power is Power.STOPPED
    assert answer.last is not None
    assert (answer.last.action, answer.last.outcome) == ("start", "reached")
    assert answer.last.reason.endswith(told)
    assert stage.timeline()[-1].data["cause"] == "tag"
    stage.run_until(at(23, 29))
    assert powers(stage, id_) == {Power.RUNNING}
    stage.run_until(at(23, 40))
    assert powers(stage) == {Power.STOPPED}
    stage.run_until(at(9, day=30))
    assert powers(stage) == {Power.RUNNING}
    assert stage.world.aws.of("web").size == (1, 5, 3)
    assert_in_order(stage)


def test_what_somebody_stops_although_its_tag_wants_it_up_is_started_again() -> None:
    stage = asleep(spec=ENFORCING)
    tag(stage, instance(1).id, "running until 2026-11-28T08:00Z")
    stage.run_until(at(21, 10))
    stage.world.aws.by_hand(instance(1).id, Power.STOPPED)
    stage.run_until(at(22, 10))
    assert powers(stage, instance(1).id) == {Power.RUNNING}


def test_in_mode_schedule_a_tag_counts_at_transitions_only() -> None:
    stage = railway(now=at(7)).run_until(at(11, 50))
    tag(stage, instance(1).id, "stopped until 2026-11-27T15:00Z")
    stage.run_until(at(14))
    assert powers(stage) == {Power.RUNNING}


def test_a_tag_that_is_gone_when_the_run_looks_asks_for_nothing() -> None:
    stage = at_noon()
    tag(stage, instance(1).id, "stopped until 2026-11-27T15:00Z")
    stage.sweep()
    del stage.world.aws.of(instance(1).id).tags["signalbox:power"]
    stage.run_until(at(11, 55))
    assert powers(stage) == {Power.RUNNING}
    assert stage.outcomes()[instance(1).id] == "skipped: its tag asks for nothing any more"


def test_a_tag_against_the_override_of_its_fleet_is_left_as_it_is() -> None:
    stage = at_noon()
    override_fleet("qa", Power.RUNNING, at(23), ANA, stage.world.ports)
    stage.run_until(at(11, 55))
    tag(stage, instance(1).id, "stopped until 2026-11-27T22:00Z")
    runs = len(stage.world.runs())
    stage.run_until(at(14))
    assert powers(stage) == {Power.RUNNING}
    assert len(stage.world.runs()) == runs


@pytest.mark.parametrize(
    "text", ["stopped until 2026-11-27T11:55Z", "stopped until whenever", "running until 2026-11-27T15:00Z"]
)
def test_a_tag_that_is_over_or_unclear_or_agrees_begins_nothing(text: str) -> None:
    stage = at_noon()
    tag(stage, instance(1).id, text)
    stage.run_until(at(14))
    assert powers(stage) == {Power.RUNNING}
    assert len(stage.world.runs()) == 1


def test_what_two_fleets_claim_does_what_no_tag_says() -> None:
    stage = at_noon()
    stage.registered(fleet("other"))
    tag(stage, instance(1).id, "stopped until 2026-11-27T15:00Z")
    stage.run_until(at(14))
    assert powers(stage) == {Power.RUNNING}


def test_tags_and_strays_take_turns() -> None:
    """Also while what a tag asks for cannot be had."""
    lacking = instance(1, lacks_capacity_until=at(9, day=28))
    stage = asleep(lacking, instance(2), database(), group(), spec=ENFORCING)
    tag(stage, instance(1).id, "running until 2026-11-28T08:00Z")
    stage.world.aws.by_hand(instance(2).id, Power.RUNNING)
    stage.run_until(at(22, 50))
    assert powers(stage, instance(2).id) == {Power.STOPPED}
    assert [run.cause for run in stage.world.runs()] == [Cause.TRANSITION, Cause.TAG, Cause.ENFORCEMENT]
    stage.run_until(at(23, 10))
    assert stage.run_of().cause is Cause.TAG


def test_as_many_as_a_run_names_are_done_at_a_time() -> None:
    things = [instance(number) for number in range(1, MOST_TAGGED + 3)]
    stage = asleep(*things, spec=EC2_ONLY)
    for thing in things:
        tag(stage, thing.id, "running until 2026-11-28T08:00Z")
    stage.run_until(at(21, 50))
    assert len(stage.run_of().only) == MOST_TAGGED
    assert stage.run_of().reason.endswith(f"by its tag; and {MOST_TAGGED - 3} more")
    stage.run_until(at(22, 50))
    assert powers(stage) == {Power.RUNNING}


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("", ""),
        (" by ana", " (ana)"),
        (" because of the release", " (of the release)"),
        (" by ana because by noon", " (ana: by noon)"),
    ],
)
def test_a_tag_may_say_who_wants_it_and_why(rest: str, told: str) -> None:
    found = tag_override(f"stopped until 2026-11-27T15:00Z{rest}", at(12))
    assert found is not None
    assert found.told == f"stopped until 2026-11-27T15:00:00.000Z by its tag{told}"


def test_what_has_no_tag_is_not_even_read_of_a_large_fleet() -> None:
    stage = asleep(*(instance(number) for number in range(1, 2_001)), spec=EC2_ONLY)
    for number in range(1, 4):
        stage.world.aws.of(instance(number).id).tags = {
            **QA,
            "signalbox:power": "running until 2026-11-28T08:00Z",
        }
    stage.world.aws.calls.clear()
    stage.sweep()
    assert stage.world.aws.calls == [("find", Kind.EC2, 0), ("find", Kind.EC2, 3)]
