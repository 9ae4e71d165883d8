"""A run goes on across the limits of a function, next to others, and at the pace that AWS allows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.fleets.commands.override_fleet import override_fleet
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.decisions.pacing import allowance, spend
from signalbox.fleets.model import Action, Power
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import RunPhase
from signalbox.fleets.steps.lots import run_with_lots
from signalbox.fleets.steps.resolve_fleet import resolve_fleet
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.fleets.switches import Bucket, Pace
from signalbox.kernel.errors import Transient
from tests.unit.builders import NOW
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import (
    VIRGINIA,
    assert_in_order,
    at,
    database,
    fleet,
    instance,
    powers,
    railway,
    selecting,
)

PACE = Pace(calls=Bucket(capacity=2, per_second=0.5), resources=Bucket(capacity=1000, per_second=20))


def slowly(stage: Railway, seconds: float, *names: str) -> Railway:
    """Those calls take so long."""

    def take(name: str) -> None:
        if name in names:
            stage.world.clock.now += timedelta(seconds=seconds)

    stage.world.wire.fail = take
    return stage


def test_what_takes_longer_than_a_turn_to_find_goes_on_in_the_next_one() -> None:
    things = [instance(1), instance(2, place=VIRGINIA), database()]
    stage = railway(*things, spec=fleet(select=selecting(regions=("eu-west-1", "us-east-1"))))
    slowly(stage, 15, "switch.find").run_until(at(20, 2))
    assert stage.executions[0].visited[:3] == [State.RESOLVE_FLEET] * 3
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_what_takes_longer_than_a_turn_to_ask_for_goes_on_in_the_next_one() -> None:
    stage = railway(*(database(f"db-{number}") for number in range(60)))
    slowly(stage, 15, "switch.switch").run_until(at(20, 2))
    assert stage.executions[0].visited.count(State.SWITCH_POWER) >= 3
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}
    assert stage.world.aws.count("switch") == 6
    assert_in_order(stage)


def test_what_the_last_call_of_a_superseded_run_still_stops_is_started_again() -> None:
    stage = railway(instance(), instance(2))

    def supersede(name: str) -> None:
        if name == "switch.switch":
            stage.world.wire.fail = lambda _: None
            run = switch_fleet("qa", Action.START, ANA, stage.world.ports)
            looking = PowerCommand(fleet="qa", run_id=run.run_id, generation=run.generation)
            resolve_fleet(looking, stage.world.ports)  # while all of them run still

    stage.world.wire.fail = supersede
    stage.run_until(at(21))
    assert [run.phase for run in stage.world.runs()] == [RunPhase.SUPERSEDED, RunPhase.SUCCEEDED]
    assert Action.STOP in {action for _, action in stage.world.aws.touched}
    assert powers(stage) == {Power.RUNNING}
    assert_in_order(stage)


def test_a_run_that_is_superseded_while_it_asks_stops_at_once() -> None:
    stage = railway(*(database(f"db-{number}") for number in range(60)))

    def supersede(name: str) -> None:
        if name == "switch.switch" and stage.world.aws.count("switch") == 1:
            stage.world.wire.fail = lambda _: None
            switch_fleet("qa", Action.START, ANA, stage.world.ports)

    stage.world.wire.fail = supersede
    stage.run_until(at(21))
    first, second = stage.world.runs()
    assert (first.phase, second.phase) == (RunPhase.SUPERSEDED, RunPhase.SUCCEEDED)
    stops = [key for key, action in stage.world.aws.touched if action is Action.STOP]
    assert len(stops) == 20, "the call that was under way, and no other"
    assert powers(stage) == {Power.RUNNING}
    assert_in_order(stage)


def test_a_lot_that_is_not_there_yet_is_waited_for() -> None:
    stage = railway().run_until(at(20, 0)).run_on(seconds=23)
    run, hidden = stage.run_of(), stage.world.store.lots
    assert run.lots > 1
    lots = hidden[run.run_id]
    hidden[run.run_id] = {0: lots[0]}
    stage.run_on(seconds=10)
    assert stage.run_of().phase is RunPhase.RUNNING, "what is half there says nothing"
    hidden[run.run_id] = lots | {0: hidden[run.run_id][0]}
    stage.run_until(at(21))
    assert stage.run_of().counts["reached"] == 4
    assert_in_order(stage)


def test_what_somebody_else_tells_meanwhile_is_told() -> None:
    stage = railway()

    def interfere(name: str) -> None:
        if name == "bus.publish" and stage.now < at(21):
            stage.world.set_standing(revision=stage.world.standing().revision + 1)

    stage.world.wire.fail = interfere
    stage.run_until(at(20, 30))
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    stage.run_until(at(22))
    assert_in_order(stage)


def test_a_transition_after_the_end_of_an_override_counts_more() -> None:
    stage = railway().run_until(at(19))
    override_fleet("qa", Power.RUNNING, at(19, 30), ANA, stage.world.ports)
    stage.run_until(at(19, 10)).down = True
    stage.run_until(at(20, 30)).down = False
    stage.run_until(at(21, 30))
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().reason.startswith("period mon-fri 08:00-20:00 ends")
    assert stage.types().count("Override Ended") == 1
    assert_in_order(stage)


def test_a_wake_up_that_is_lost_is_made_up_for_by_the_sweep() -> None:
    stage = railway().run_until(at(19, 30))
    stage.world.timetable.armed.clear()
    stage.run_until(at(20, 59))
    assert powers(stage) == {Power.STOPPED}, "at eight, with the sweep"


def test_an_execution_that_could_not_be_started_is_started_by_whoever_comes_next() -> None:
    stage = railway()

    def fail(name: str) -> None:
        if name == "executions.start" and stage.now < at(20, 30):
            raise Transient("Step Functions is unwell")

    stage.world.wire.fail = fail
    stage.run_until(at(20, 40))
    assert stage.run_of().phase is RunPhase.PENDING
    stage.run_until(at(21, 30))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_progress_travels_as_the_machine_reads_it() -> None:
    progress = Progress(next=State.VERIFY_POWER, seconds=15)
    assert progress.to_wire() == {"next": "VerifyPower", "seconds": 15}


# The pace


def test_a_batch_is_sent_whole_or_waits_for_its_tokens() -> None:
    assert allowance(1000, PACE, "a", {}, NOW).count == 1000
    tokens = spend(1000, PACE, "a", {}, NOW)
    waits = allowance(1000, PACE, "a", tokens, NOW)
    assert (waits.count, waits.seconds) == (0, 50)
    assert allowance(1000, PACE, "a", tokens, NOW + timedelta(seconds=50)).count == 1000
    assert allowance(5, PACE, "a", tokens, NOW + timedelta(seconds=1)).count == 5


def test_a_call_costs_a_token_of_its_own() -> None:
    tokens = spend(1, PACE, "a", spend(1, PACE, "a", {}, NOW), NOW)
    waits = allowance(1, PACE, "a", tokens, NOW)
    assert (waits.count, waits.seconds) == (0, 2)
    assert allowance(1, PACE, "b", tokens, NOW).count == 1, "another bucket"


def test_without_buckets_everything_is_sent() -> None:
    assert allowance(7, Pace(), "a", spend(7, Pace(), "a", {}, NOW), NOW).count == 7


@pytest.mark.parametrize("days", [1, 400])
def test_a_bucket_is_never_more_than_full(days: int) -> None:
    tokens = spend(1000, PACE, "a", {}, NOW)
    later = NOW + timedelta(days=days)
    assert spend(0, PACE, "a", tokens, later)["a resources"][0] == 1000


def test_a_run_whose_lots_are_just_being_written_is_read_again() -> None:
    stage = railway(instance()).run_until(at(21))
    run = stage.run_of()
    ports = stage.world.ports
    ports.runs.save(replace(run, lots=run.lots + 1, revision=run.revision + 1))
    with pytest.raises(Transient, match=f"1 of the 2 lots of run {run.run_id} are there"):
        run_with_lots(run.fleet, run.run_id, ports)
