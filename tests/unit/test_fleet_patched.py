"""What is being patched is stopped when that is over, and not before."""

import pytest

from signalbox.fleets.model import Action, Power
from signalbox.fleets.record import RunPhase
from signalbox.kernel.errors import Rejected, Transient
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import assert_in_order, at, database, group, instance, powers, railway
from tests.unit.fleet_world import HOME, refuse_at


def patched(until: int) -> Railway:
    """One instance is being patched until that hour of Friday."""
    stage = railway(instance(), instance(2), group(), database())
    stage.world.aws.patched = {instance().id: at(until)}
    return stage


def test_what_is_being_patched_is_waited_for_and_the_others_are_not_kept() -> None:
    stage = patched(22).run_until(at(21, 30))
    assert powers(stage, instance().id) == {Power.RUNNING}
    assert powers(stage, instance(2).id, "web", "orders") == {Power.STOPPED}
    assert stage.outcomes()[instance().id] == "busy"
    lot = next(lot for lot in stage.world.lots(stage.run_of()) if lot.busy)
    assert lot.delays == {"it is being patched: AWS-RunPatchBaseline, command 1": (instance().id,)}
    stage.run_until(at(23))
    assert powers(stage) == {Power.STOPPED}
    assert stage.run_of().phase is RunPhase.SUCCEEDED
    assert_in_order(stage)


def test_patching_that_does_not_end_is_named() -> None:
    stage = patched(23)
    stage.world.aws.patched = {instance().id: at(23, day=30)}
    stage.run_until(at(9, day=28))
    assert stage.outcomes()[instance().id] == (
        "failed: it is not stopped in time: it is being patched: AWS-RunPatchBaseline, command 1"
    )
    assert powers(stage, instance().id) == {Power.RUNNING}


def test_systems_manager_is_asked_once_before_a_stop_and_never_before_a_start() -> None:
    stage = railway(*(instance(number) for number in range(1, 50)), group(), database())
    stage.run_until(at(9, day=30))
    assert [run.action for run in stage.world.runs()] == [Action.STOP, Action.START]
    assert stage.world.aws.count("patched") == 1


def test_who_cannot_see_whether_it_is_patched_stops_nothing_and_says_so() -> None:
    stage = patched(22)
    denied = Rejected("AccessDeniedException: ssm:ListCommandInvocations")
    stage.world.aws.refuse = refuse_at(HOME.region, denied, "patched")
    stage.run_until(at(21))
    assert powers(stage, instance().id, instance(2).id) == {Power.RUNNING}
    assert powers(stage, "web", "orders") == {Power.STOPPED}
    assert stage.outcomes()["*"] == f"failed: not looked for: {denied}"


@pytest.mark.parametrize("error", [Transient("throttled"), Rejected("AccessDenied")])
def test_who_cannot_see_any_more_whether_it_is_patched_goes_on_waiting(error: Exception) -> None:
    stage = patched(22).run_until(at(20, 10))
    stage.world.aws.refuse = refuse_at(HOME.region, error, "patched")
    stage.run_until(at(22, 30))
    assert stage.outcomes()[instance().id] == "busy"
    stage.world.aws.refuse = lambda *_: None
    stage.run_until(at(23))
    assert powers(stage) == {Power.STOPPED}
    assert_in_order(stage)
