"""Databases run before what uses them, and stand still after it, unless the owner says otherwise."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.fleets.commands.why import why
from signalbox.fleets.decisions.order import order_of, stage_of
from signalbox.fleets.model import Action, Kind, Power
from tests.unit.fleet_stories import at, database, fleet, group, instance, railway, selecting
from tests.unit.fleet_world import Thing

RDS, CLUSTER, EC2, GROUP, ECS = Kind.RDS, Kind.CLUSTER, Kind.EC2, Kind.AUTOSCALING, Kind.ECS


@pytest.mark.parametrize(
    ("declared", "order"),
    [
        ((), ((RDS, CLUSTER), (EC2, GROUP))),
        (((GROUP,),), ((RDS, CLUSTER), (GROUP,), (EC2,))),
        (((GROUP,), (RDS,)), ((CLUSTER,), (GROUP,), (RDS,), (EC2,))),
        (((EC2, ECS), (ECS,), (CLUSTER, RDS), (GROUP,)), ((EC2,), (CLUSTER, RDS), (GROUP,))),
        (((RDS,), (EC2, RDS, EC2), (RDS,)), ((CLUSTER,), (RDS,), (EC2,), (GROUP,))),
    ],
)
def test_order_is_what_the_owner_says_and_databases_first(
    declared: tuple[tuple[Kind, ...], ...], order: tuple[tuple[Kind, ...], ...]
) -> None:
    spec = fleet(order=declared, select=selecting(kinds=(EC2, RDS, GROUP, CLUSTER)))
    assert order_of(spec) == order
    for kind in spec.select.kinds:
        stage = stage_of(kind, spec, Action.START)
        assert kind in order[stage]
        assert stage_of(kind, spec, Action.STOP) == len(order) - 1 - stage


def _mixed() -> list[Thing]:
    return [instance(), group(), database(), Thing(CLUSTER, "ledger", tags={"env": "qa"}, seconds=200)]


def test_a_fleet_that_declares_nothing_stops_its_databases_last_and_starts_them_first() -> None:
    spec = fleet(order=(), select=selecting(kinds=(EC2, GROUP, RDS, CLUSTER)))
    stage = railway(*_mixed(), now=at(19, 59), spec=spec)
    stage.run_until(at(20, 0) + timedelta(seconds=30))
    told = why("qa", "orders", stage.world.ports)
    assert told.last is not None
    assert (told.last.outcome, told.last.reason) == (
        "waiting",
        "its turn to stop comes after ec2, autoscaling",
    )
    stage.run_until(at(21))
    assert _databases(stage.world.aws.touched) == [False, False, True, True]
    stage.world.aws.touched.clear()
    stage.run_until(at(8, 2, day=30))
    aws = stage.world.aws
    assert _databases(aws.touched) == [True, True]
    assert aws.powers()[instance().id] is Power.STOPPED
    stage.run_until(at(9, day=30))
    assert _databases(aws.touched) == [True, True, False, False]
    assert stage.run_of().counts["reached"] == len(_mixed())


def test_who_declares_databases_last_has_them_last() -> None:
    stage = railway(*_mixed(), now=at(19, 59), spec=replace(fleet(), order=((EC2, GROUP), (RDS,))))
    stage.run_until(at(21))
    assert _databases(stage.world.aws.touched) == [True, False, False]


def _databases(touched: list[tuple[str, Action]]) -> list[bool]:
    """Whether each of them is one, in the order in which AWS was asked."""
    return [key.split("/")[2] in {RDS, CLUSTER} for key, _ in touched]
