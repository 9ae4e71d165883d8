"""Fleets start and stop when their schedule says so: in order, once, and as they were."""

from dataclasses import replace
from datetime import timedelta

from signalbox.fleets.commands.attend import attend
from signalbox.fleets.model import Action, Power
from signalbox.fleets.record import RunPhase
from signalbox.fleets.spec import Period
from tests.unit.fleet_stories import (
    OFFICE,
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
from tests.unit.fleet_world import NO_ENTRY, refuse_at


def test_a_fleet_stops_in_the_evening_and_starts_on_monday() -> None:
    stage = asleep()
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    assert stage.run_of().counts["reached"] == 4
    stage.run_until(at(9, day=30))
    assert powers(stage) == {Power.RUNNING}
    assert stage.types() == [
        "Fleet Applied",
        "Fleet Stop Requested",
        "Fleet Stopped",
        "Fleet Start Requested",
        "Fleet Started",
    ]
    assert stage.world.aws.powers()[stranger().id] is Power.RUNNING
    assert_in_order(stage)


def test_databases_start_first_and_stop_last() -> None:
    stage = asleep().run_until(at(9, day=30))
    kinds = [(key.split("/")[2], action) for key, action in stage.world.aws.touched]
    stops = list(dict.fromkeys(kind for kind, action in kinds if action is Action.STOP))
    starts = list(dict.fromkeys(kind for kind, action in kinds if action is Action.START))
    assert stops == ["ec2", "autoscaling", "rds"]
    assert starts == ["rds", "autoscaling", "ec2"]


def test_a_stage_waits_for_what_the_one_before_has_reached() -> None:
    stage = railway(database(power=Power.STOPPED), instance(power=Power.STOPPED), now=at(7))
    stage.run_until(at(8, 3))
    assert powers(stage, instance().id) == {Power.STOPPED}
    stage.run_until(at(8, 15))
    assert powers(stage) == {Power.RUNNING}


def test_groups_have_the_size_again_that_they_had() -> None:
    stage = asleep(group(size=(1, 5, 3)), group("api", size=(2, 9, 2)))
    assert [stage.world.aws.of(name).size for name in ("web", "api")] == [(0, 5, 0), (0, 9, 0)]
    stage.run_until(at(9, day=30))
    assert [stage.world.aws.of(name).size for name in ("web", "api")] == [(1, 5, 3), (2, 9, 2)]


def test_a_group_that_is_still_scaling_is_remembered_and_stopped() -> None:
    stage = railway(group(moves_to=Power.RUNNING, moved_at=at(23), power=Power.STOPPED))
    stage.run_until(at(21))
    assert stage.world.standing().sizes == {"123456789012/eu-west-1/autoscaling/web": (1, 5, 3)}
    assert stage.world.aws.of("web").size == (0, 5, 0)


def test_the_next_transition_is_armed_before_the_present_one_is_acted_on() -> None:
    stage = railway().run_until(at(20, 1))
    log = stage.world.wire.log
    assert stage.world.timetable.armed == {"qa": at(8, day=30)}
    last_armed = max(place for place, name in enumerate(log) if name == "timetable.arm")
    assert last_armed < log.index("executions.start") < log.index("switch.switch")


def test_a_transition_delivered_twice_acts_once() -> None:
    stage = railway().run_until(at(20, 1))
    for _ in range(3):
        assert attend("qa", stage.world.ports).endswith(("is running", "is pending"))
    stage.run_until(at(21))
    assert attend("qa", stage.world.ports) == "nothing is due"
    assert len(stage.world.runs()) == 1
    assert_in_order(stage)


def test_a_slow_sweep_leaves_the_moment_armed_that_others_have_armed_meanwhile() -> None:
    stage = railway(now=at(19, 59))
    others = iter([at(20, 1)])

    def meanwhile(name: str) -> None:
        moment = next(others, None) if name == "timetable.arm" else None
        if moment is not None:  # the sweep is about to write what it has read a while ago
            stage.world.clock.now = moment
            attend("qa", stage.world.ports)

    stage.world.wire.fail = meanwhile
    attend("qa", stage.world.ports)
    assert stage.world.standing().armed_for == at(8, day=30)
    assert stage.world.timetable.armed == {"qa": at(8, day=30)}


def test_somebody_faster_is_no_reason_to_miss_a_transition() -> None:
    stage = railway(now=at(19))
    stage.world.clock.now = at(20, 1)
    losing = iter([True, True])

    def fail(name: str) -> None:
        if name == "fleets.save" and next(losing, False):
            stage.world.set_standing(revision=stage.world.standing().revision + 1)

    stage.world.wire.fail = fail
    assert attend("qa", stage.world.ports).startswith("stop: ")


def test_what_was_missed_is_caught_up_once_and_nothing_is_replayed() -> None:
    stage = railway(spec=fleet(schedule=(OFFICE, Period(days="fri", from_="21:00", to="23:30"))))
    stage.run_until(at(19))
    stage.down = True
    stage.run_until(at(2, day=28))
    stage.down = False
    stage.run_on(minutes=30)
    assert [run.action for run in stage.world.runs()] == [Action.STOP]
    assert "caught up, it was due at 2026-11-27T23:30:00.000Z" in stage.run_of().reason
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_a_fleet_that_is_applied_again_keeps_what_is_due() -> None:
    stage = railway()
    stage.world.clock.now = at(20, 0) + timedelta(seconds=5)
    stage.registered(fleet(owner="other"))
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}


def test_a_new_schedule_is_not_made_up_for() -> None:
    stage = railway()
    stage.registered(fleet(schedule=(replace(OFFICE, to="11:00"),)))
    stage.run_until(at(21))
    assert powers(stage) == {Power.RUNNING}
    assert not stage.world.runs()


def test_a_newer_run_supersedes_an_older_one_which_stops_at_its_next_look() -> None:
    slow = [instance(number, seconds=1200) for number in range(1, 4)]
    stage = railway(*slow, spec=fleet(schedule=(OFFICE, Period(days="fri", from_="20:05", to="22:00"))))
    stage.run_until(at(21, 0))
    first, second = stage.world.runs()
    assert (first.phase, second.phase) == (RunPhase.SUPERSEDED, RunPhase.SUCCEEDED)
    assert stage.types().count("Fleet Run Superseded") == 1
    assert powers(stage) == {Power.RUNNING}
    assert_in_order(stage)


def test_an_execution_that_has_died_goes_on_in_another_one() -> None:
    stage = railway().run_until(at(20, 1))
    stage.kill_executions("TIMED_OUT")
    stage.run_until(at(22))
    assert stage.run_of().generation == 2
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_a_second_execution_of_an_older_generation_does_nothing() -> None:
    stage = railway().run_until(at(20, 1))
    older = stage.executions[:]
    stage.kill_executions()
    stage.sweep()
    stage.executions += older
    stage.settle()
    assert_in_order(stage)


def test_two_executions_of_one_run_do_no_harm() -> None:
    stage = railway().run_until(at(20, 0) + timedelta(seconds=21))
    stage._adopt()
    stage.executions.append(replace(stage.executions[0], visited=[]))
    stage.settle()
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)


def test_what_ran_before_its_period_began_is_retained() -> None:
    early, other = instance(1), instance(2)
    stage = asleep(early, other, spec=fleet(retain=True))
    stage.world.aws.by_hand(early.id, Power.RUNNING)
    stage.run_until(at(21, day=30))
    assert powers(stage, early.id) == {Power.RUNNING}
    assert powers(stage, other.id) == {Power.STOPPED}
    assert stage.outcomes()[early.id] == "skipped: it ran before its period began: retained"
    stage.run_until(at(21, day=30) + timedelta(days=1))
    assert powers(stage, early.id) == {Power.RUNNING}


def test_what_the_fleet_has_started_itself_is_not_retained() -> None:
    twice = (OFFICE, Period(start="cron(0 10 ? * MON-FRI *)"))
    stage = asleep(instance(), spec=fleet(retain=True, schedule=twice)).run_until(at(21, day=30))
    assert powers(stage) == {Power.STOPPED}


def test_what_was_missed_is_not_retained() -> None:
    stage = railway(instance(), spec=fleet(retain=True)).run_until(at(19))
    stage.world.set_standing(power=Power.RUNNING)
    stage.down = True
    stage.run_until(at(8, 30, day=30))
    stage.down = False
    stage.run_until(at(21, day=30))
    assert powers(stage) == {Power.STOPPED}


def test_starts_are_spread_and_each_resource_always_has_its_place() -> None:
    things = [instance(number, power=Power.STOPPED) for number in range(1, 40)]
    stage = railway(*things, now=at(7), spec=fleet(spread="10m"))
    stage.run_until(at(9))
    lots = stage.world.lots(stage.run_of())
    assert {lot.after for lot in lots} <= set(range(0, 601, 60))
    assert len({lot.after for lot in lots}) > 5
    assert powers(stage) == {Power.RUNNING}
    assert all(count < 20 for operation, _, count in stage.world.aws.calls if operation == "switch")


def test_a_fleet_in_two_regions_and_with_a_place_that_cannot_be_entered() -> None:
    stage = railway(
        instance(),
        instance(2, place=VIRGINIA),
        spec=fleet(select=selecting(regions=("eu-west-1", "us-east-1"))),
    )
    stage.world.aws.refuse = refuse_at("us-east-1", NO_ENTRY, "find")
    stage.run_until(at(21))
    assert powers(stage, instance().id) == {Power.STOPPED}
    assert stage.run_of().phase is RunPhase.INCOMPLETE
    assert stage.outcomes()["*"] == "failed: not looked for: AssumeRole: AccessDenied"
    failures = stage.timeline()[-1].data["failures"]
    assert failures == {"not looked for: AssumeRole: AccessDenied": ["*"]}
    assert_in_order(stage)
