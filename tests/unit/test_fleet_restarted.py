"""A database that RDS starts after seven days is stopped again by the sweep when no event has told of it."""

from typing import Any

import pytest

from signalbox.fleets.commands.sweep_fleets import sweep_fleets
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Cause
from signalbox.kernel.errors import Rejected, Transient
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import (
    QA,
    VIRGINIA,
    asleep,
    assert_in_order,
    at,
    database,
    fleet,
    instance,
    powers,
    selecting,
)
from tests.unit.fleet_world import refuse_at


def looks(stage: Railway) -> int:
    return stage.world.aws.count("restarts")


def test_what_aws_has_started_is_stopped_again_in_mode_schedule() -> None:
    stage = asleep(database(), instance())
    stage.world.aws.restarts("orders")
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    stage.run_until(at(21, 30))
    assert powers(stage, "orders") == {Power.STOPPED}
    assert powers(stage, instance().id) == {Power.RUNNING}, "that was somebody"
    run = stage.run_of()
    assert (run.action, run.cause, run.only) == (Action.STOP, Cause.ENFORCEMENT, ("rds:orders",))
    assert run.reason.endswith("; AWS started it; the hourly sweep")
    stage.run_until(at(23, 30))
    assert len(stage.world.runs()) == 2
    assert_in_order(stage)


def test_what_somebody_starts_after_that_is_let_be() -> None:
    stage = asleep(database(), instance())
    stage.world.aws.restarts("orders")
    stage.run_until(at(21, 30))
    stage.world.aws.by_hand("orders", Power.RUNNING)
    stage.run_until(at(23, 30))
    assert powers(stage, "orders") == {Power.RUNNING}


def test_what_is_being_stopped_already_is_not_asked_for_twice() -> None:
    stage = asleep(database(), instance(), spec=fleet(deadline="4h"))
    stage.world.aws.of("orders").seconds = 9_000
    stage.world.aws.restarts("orders")
    stage.run_until(at(22, 50))
    assert len(stage.world.runs()) == 2
    assert "goes on: orders is running" in stage.told[-1]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"env": "production"}, "0 fleets may act on orders"),
        ({**QA, "signalbox:power": "running until 2026-12-01T00:00Z"}, "by its tag"),
    ],
)
def test_what_is_not_the_fleets_to_stop_is_let_be(tags: dict[str, str], told: str) -> None:
    stage = asleep(database(), instance())
    stage.world.aws.of("orders").tags = tags
    stage.world.aws.restarts("orders")
    stage.run_until(at(22))
    assert told in stage.told[-1]
    assert powers(stage, "orders") == {Power.RUNNING}


def test_rds_is_asked_once_for_a_place_however_many_fleets_sleep_there() -> None:
    stage = asleep(database(), spec=fleet(select=selecting(regions=("eu-west-1", "us-east-1"))))
    stage.registered(fleet("cluster", select=selecting(tags={"env": ("dev",)}, kinds=(Kind.CLUSTER,))))
    stage.run_until(at(20, 30, day=30))
    before = looks(stage)
    stage.sweep()
    assert looks(stage) - before == 2
    assert "databases in eu-west-1 of 123456789012: AWS has started none" in stage.told[-1]


@pytest.mark.parametrize(
    "more",
    [
        {"mode": "observe"},
        {"mode": "enforce"},
        {"select": selecting(kinds=(Kind.EC2,))},
    ],
    ids=["observes", "enforces", "no databases"],
)
def test_rds_is_not_asked_where_nothing_would_follow(more: dict[str, Any]) -> None:
    stage = asleep(database(), instance(), spec=fleet(**more))
    stage.run_until(at(22, 30))
    assert looks(stage) == 0


def test_nor_by_day() -> None:
    stage = asleep(database(), instance()).run_until(at(9, 30, day=30))
    before = looks(stage)
    stage.run_until(at(19, 30, day=30))
    assert looks(stage) == before


@pytest.mark.parametrize("error", [Rejected("AccessDenied"), Transient("ServiceUnavailable")])
def test_where_rds_cannot_be_asked_the_other_places_are_looked_at(error: Exception) -> None:
    stage = asleep(
        database(),
        database("bills", place=VIRGINIA),
        spec=fleet(select=selecting(regions=("us-east-1", "eu-west-1"))),
    )
    stage.world.aws.refuse = refuse_at("us-east-1", error, "restarts")
    stage.world.aws.restarts("orders")
    assert f"databases in us-east-1 of 123456789012: {error}" in sweep_fleets(stage.world.ports)
    stage.run_on(minutes=10)
    assert powers(stage, "orders") == {Power.STOPPED}


def test_what_happened_before_the_last_hours_is_left_to_the_next_transition() -> None:
    stage = asleep(database(), instance())
    stage.sweeps = False
    stage.world.aws.restarts("orders")
    stage.run_until(at(3, 30, day=28)).sweeps = True
    stage.run_until(at(6, day=28))
    assert powers(stage, "orders") == {Power.RUNNING}


def test_one_that_cannot_be_looked_after_keeps_no_other_from_it() -> None:
    stage = asleep(database(), database("users"))
    errors = [Rejected("not this one")]

    def refuse(operation: str, kind: Kind, _: Any) -> None:
        if (operation, kind) == ("find", Kind.RDS) and errors:
            raise errors.pop()

    for name in ("orders", "users"):
        stage.world.aws.restarts(name)
    stage.world.aws.refuse = refuse
    assert "orders: not this one" in sweep_fleets(stage.world.ports)
    stage.run_on(minutes=10)
    assert powers(stage, "users") == {Power.STOPPED}
