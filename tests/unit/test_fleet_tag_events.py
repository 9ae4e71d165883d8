"""EventBridge tells that somebody has set the tag of a resource, changed it or taken it away."""

import json
from typing import Any

import pytest

from signalbox.fleets.commands.enforce import MOST_NAMED, Switched
from signalbox.fleets.commands.mind_tag import TagChanged, mind_tag
from signalbox.fleets.commands.occurrences import power_told
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Cause
from tests.contract.template import ROOT
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import (
    VIRGINIA,
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
    stranger,
)
from tests.unit.fleet_world import Thing

ENFORCING = fleet(mode="enforce")
UP = "running until 2026-11-27T23:30:00Z by ana because release test"


def sets(stage: Railway, thing: Thing, text: str | None) -> str:
    """The tag of a resource, and EventBridge tells."""
    tags = stage.world.aws.things[thing.key].tags
    tags.pop("signalbox:power", None)
    if text is not None:
        tags["signalbox:power"] = text
    place = thing.place
    changed = TagChanged(kind=thing.kind, id=thing.id, region=place.region, account=place.account)
    return mind_tag(changed, stage.world.ports)


def sleeping(*things: Thing, **more: Any) -> Railway:
    stage = asleep(*things, spec=fleet(**{"mode": "enforce", **more}))
    stage.sweeps = False
    return stage


@pytest.mark.parametrize("thing", [instance(seconds=20), group(seconds=20), database(seconds=20)])
def test_what_its_tag_wants_up_is_started_within_a_minute_and_stopped_at_its_end(thing: Thing) -> None:
    stage = sleeping(thing, instance(2))
    sets(stage, thing, UP)
    stage.run_on(minutes=1)
    assert powers(stage, thing.id) == {Power.RUNNING}
    assert powers(stage, instance(2).id) == {Power.STOPPED}
    run = stage.run_of()
    told = "running until 2026-11-27T23:30:00.000Z by its tag (ana: release test)"
    assert (run.cause, run.only) == (Cause.TAG, (f"{thing.kind}:{thing.id}",))
    assert run.reason == f"{run.only[0]} {told}"
    stage.run_until(at(23, 40))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


@pytest.mark.parametrize("seconds", [5, 300])
def test_a_tag_that_is_made_shorter_ends_when_it_says_so_now(seconds: int) -> None:
    stage = sleeping(instance(), instance(2))
    sets(stage, instance(), UP)
    stage.run_on(minutes=seconds / 60)  # while its run is under way, and later
    sets(stage, instance(), "running until 2026-11-27T22:00:00Z")
    stage.run_until(at(21, 59))
    assert powers(stage, instance().id) == {Power.RUNNING}
    stage.run_until(at(22, 5))
    assert powers(stage, instance().id) == {Power.STOPPED}
    assert_in_order(stage)


def test_what_its_tag_wants_stopped_by_day_is_stopped_and_started_when_the_tag_is_taken_away() -> None:
    stage = railway(now=at(7), spec=ENFORCING).run_until(at(11, 50))
    stage.sweeps = False
    sets(stage, instance(), "stopped until 2026-11-27T15:00Z")
    stage.run_on(minutes=2)
    assert powers(stage, instance().id) == {Power.STOPPED}
    assert powers(stage, instance(2).id) == {Power.RUNNING}
    sets(stage, instance(), None)
    stage.run_on(minutes=2)
    assert powers(stage) == {Power.RUNNING}
    run = stage.run_of()
    assert (run.cause, run.reason) == (Cause.ENFORCEMENT, "the tag of ec2:i-00000001 has changed")
    assert_in_order(stage)


def test_a_tag_that_is_made_shorter_ends_as_it_says_now() -> None:
    stage = sleeping(instance(seconds=20), instance(2))
    sets(stage, instance(), UP)
    stage.run_on(minutes=2)
    sets(stage, instance(), "running until 2026-11-27T21:30Z")
    stage.run_until(at(21, 29))
    assert powers(stage, instance().id) == {Power.RUNNING}
    stage.run_until(at(21, 32))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_several_at_once_go_in_one_run() -> None:
    things = [instance(number) for number in range(1, 5)]
    stage = sleeping(*things)
    for thing in things:
        sets(stage, thing, UP)
    run = stage.run_of()
    assert len(run.only) == len(things)
    assert run.reason.endswith("(ana: release test); and 3 more")
    assert "goes on" in sets(stage, things[0], UP), "it is named already"
    stage.run_on(minutes=2)
    assert powers(stage) == {Power.RUNNING}
    assert_in_order(stage)


def test_more_than_a_run_takes_in_are_left_to_the_sweep() -> None:
    things = [instance(number) for number in range(1, MOST_NAMED + 2)]
    stage = sleeping(*things)
    told = [sets(stage, thing, UP) for thing in things]
    assert "the sweep looks again" in told[-1]
    assert len(stage.run_of().only) == MOST_NAMED
    stage.sweeps = True
    stage.run_until(at(21, 50))
    assert powers(stage) == {Power.RUNNING}


@pytest.mark.parametrize("action", Action)
def test_a_run_of_something_else_is_not_interrupted(action: Action) -> None:
    stage = sleeping(instance(), instance(2))
    run = switch_fleet("qa", action, ANA, stage.world.ports)
    told = sets(stage, instance(), UP)
    assert told == f"qa: run {run.run_id} goes on, the sweep looks again"
    assert stage.run_of() == run


def test_a_narrow_run_the_other_way_is_not_interrupted() -> None:
    stage = sleeping(instance(), instance(2))
    sets(stage, instance(), UP)
    run = stage.run_of()
    stage.world.aws.by_hand(instance(2).id, Power.RUNNING)
    assert "goes on" in sets(stage, instance(2), None)
    assert stage.run_of() == run


@pytest.mark.parametrize(
    ("thing", "text", "more"),
    [
        (instance(), "stopped until 2026-11-28T08:00Z", {}),
        (instance(), "running until whenever", {}),
        (instance(), "running until 2026-11-27T20:49Z", {}),
        (instance(), None, {}),
        (instance(), UP, {"mode": "schedule"}),
        (instance(), UP, {"mode": "observe"}),
        (stranger(power=Power.STOPPED), UP, {}),
        (instance(9, place=VIRGINIA), UP, {}),
        (instance(member_of="web"), UP, {}),
    ],
)
def test_what_asks_for_nothing_or_is_nobodys_begins_nothing(
    thing: Thing, text: str | None, more: dict[str, Any]
) -> None:
    stage = sleeping(thing, instance(2), **more)
    runs = len(stage.world.runs())
    sets(stage, thing, text)
    stage.run_on(minutes=5)
    assert len(stage.world.runs()) == runs
    assert_in_order(stage)


def test_a_fleet_that_has_not_acted_yet_is_left_to_its_first_transition() -> None:
    stage = railway(spec=ENFORCING)
    assert sets(stage, instance(), UP) == "qa: it has not been started or stopped yet"


def test_in_another_region_of_the_fleet_it_is_found_there() -> None:
    there = instance(9, place=VIRGINIA)
    regions = selecting(regions=("eu-west-1", "us-east-1"))
    stage = sleeping(there, instance(2), select=regions)
    sets(stage, there, UP)
    stage.run_on(minutes=2)
    assert powers(stage, there.id) == {Power.RUNNING}


def _event(**more: Any) -> dict[str, Any]:
    told = json.loads((ROOT / "events" / "tag_power_changed.json").read_text(encoding="utf-8"))
    return {**told, **more}


def test_an_event_says_whose_tag_it_is_and_nothing_of_what_it_says() -> None:
    hostile = {"signalbox:power": "running until 2099-01-01T00:00Z", "env": "../qa; drop"}
    event = _event(detail={"tags": hostile, "service": "ec2"}, region="us-east-1", account="999999999999")
    assert power_told(event) == TagChanged(
        kind=Kind.EC2, id="i-0a1b2c3d4e5f60718", region="us-east-1", account="999999999999"
    )


def test_an_event_of_what_no_fleet_starts_is_no_failure() -> None:
    stage = sleeping()
    arn = "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"
    changed = power_told(_event(resources=[arn]))
    assert isinstance(changed, TagChanged)
    assert mind_tag(changed, stage.world.ports) == f"no fleet that enforces looks for {arn}"


@pytest.mark.parametrize("wrong", [None, [], "arn", ["a", "b"], [7]])
def test_an_event_that_names_no_resource_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="resources"):
        power_told(_event(resources=wrong))


def test_what_was_forwarded_from_another_region_and_account_says_where_it_is() -> None:
    told = json.loads((ROOT / "events" / "ec2_instance_running.json").read_text(encoding="utf-8"))
    switched = power_told({**told, "region": "us-east-1", "account": "999999999999"})
    assert isinstance(switched, Switched)
    assert (switched.region, switched.account) == ("us-east-1", "999999999999")
