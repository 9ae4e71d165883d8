"""The process dies at any call of a port, before or after it is done: whatever wakes up next goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from signalbox.fleets.commands.delete_fleet import delete_fleet
from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.commands.override_fleet import lift_override, override_fleet
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action, Kind, Power
from signalbox.kernel.errors import Conflict, NotFound, Transient
from tests.unit.fleet_fakes import Killed
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import (
    assert_in_order,
    at,
    database,
    fleet,
    group,
    instance,
    powers,
    railway,
)
from tests.unit.fleet_world import Thing

TAGGED = {"env": "qa", "signalbox:power": "running until 2026-11-27T21:00Z"}


def mixed() -> tuple[Thing, ...]:
    """Some of everything that can go wrong."""
    return (
        instance(1),
        instance(2),
        instance(3, falls_back=1),
        instance(4, refusal="OperationNotPermitted: disableApiStop"),
        instance(5, tags=TAGGED),
        group(),
        database(busy_until=at(20, 3)),
    )


@dataclass(frozen=True)
class Plot:
    """What has been before, what is done at that moment, when it is over, and what must be so then."""

    before: Callable[[], Railway]
    act: Callable[[Railway], object]
    end: datetime
    check: Callable[[Railway], None]


def _stopped(stage: Railway) -> None:
    outcomes = stage.outcomes()
    assert outcomes[instance(4).id] == "failed: OperationNotPermitted: disableApiStop"
    stage.world.aws.things.pop(instance(4).key)
    assert powers(stage) == {Power.STOPPED}
    assert stage.world.aws.of("web").size == (0, 5, 0)


def _started(stage: Railway) -> None:
    assert powers(stage) == {Power.RUNNING}
    assert stage.world.aws.of("web").size == (1, 5, 3)


def _event(stage: Railway) -> None:
    told = Switched(
        kind=Kind.EC2,
        id=instance(1).id,
        power=Power.RUNNING,
        region="eu-west-1",
        account="123456789012",
    )
    enforce(told, stage.world.ports)


def _asleep() -> Railway:
    things = instance(1), instance(2), group(), database()
    stage = railway(*things, now=at(19, 58), spec=fleet(retain=True, spread="3m")).run_until(at(21))
    stage.sweeps = False
    stage.run_until(at(7, 59, day=30)).sweeps = True
    return stage


def _strayed() -> Railway:
    stage = railway(*mixed()[:3], now=at(19, 58), spec=fleet(mode="enforce")).run_until(at(20, 30))
    stage.world.aws.by_hand(instance(1).id, Power.RUNNING)
    return stage


def _overridden() -> Railway:
    stage = railway(*mixed()[:3], now=at(19, 30))
    override_fleet("qa", Power.STOPPED, at(23), ANA, stage.world.ports)
    return stage.run_until(at(19, 50))


def _nothing(stage: Railway) -> None:
    """Time does it."""


def _all(power: Power) -> Callable[[Railway], None]:
    def check(stage: Railway) -> None:
        assert powers(stage) == {power}

    return check


PLOTS = {
    "stop": Plot(lambda: railway(*mixed(), now=at(19, 58)), _nothing, at(22, 10), _stopped),
    "start": Plot(
        _asleep,
        _nothing,
        at(10, 10, day=30),
        _started,
    ),
    "apply": Plot(
        lambda: railway(instance(), now=at(19, 58)),
        lambda stage: stage.registered(fleet(owner="other")),
        at(21, 10),
        _all(Power.STOPPED),
    ),
    "request": Plot(
        lambda: railway(*mixed()[:3]),
        lambda stage: switch_fleet("qa", Action.STOP, ANA, stage.world.ports),
        at(14, 10),
        _all(Power.STOPPED),
    ),
    "override": Plot(
        lambda: railway(*mixed()[:3], now=at(19, 30)),
        lambda stage: override_fleet("qa", Power.RUNNING, at(20, 30), ANA, stage.world.ports),
        at(22, 10),
        _all(Power.STOPPED),
    ),
    "lift": Plot(
        _overridden,
        lambda stage: lift_override("qa", ANA, stage.world.ports),
        at(22, 10),
        _all(Power.STOPPED),
    ),
    "enforce": Plot(_strayed, _event, at(22, 10), _all(Power.STOPPED)),
    "delete": Plot(
        lambda: railway(*mixed()[:3], now=at(19, 58)).run_until(at(20, 1)),
        lambda stage: delete_fleet("qa", ANA, stage.world.ports),
        at(21, 10),
        _nothing,
    ),
}


def _told(plot: Plot, *, dies_at: int | None = None, after: bool = False, for_good: bool = False) -> Railway:
    """Whoever asked asks again when there was no answer."""
    stage = plot.before()
    wire = stage.world.wire
    wire.log.clear()
    wire.dies_at, wire.after = dies_at, after
    for _ in range(3):
        try:
            plot.act(stage)
            break
        except Killed:
            continue
        except (NotFound, Conflict):  # it is done
            break
    if for_good:
        while dies_at is not None and len(wire.log) <= dies_at and stage.now < plot.end:
            stage.run_on(minutes=1)
        stage.kill_executions()
    return stage.run_until(plot.end)


def _names(plot: Plot) -> list[str]:
    return _told(plot).world.wire.log


@pytest.mark.parametrize("name", PLOTS)
def test_nothing_dies(name: str) -> None:
    stage = _told(PLOTS[name])
    PLOTS[name].check(stage)
    assert_in_order(stage)


@pytest.mark.untraced
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", PLOTS)
def test_a_crash_at_any_call_changes_nothing_in_the_end(name: str, after: bool) -> None:  # noqa: FBT001
    plot = PLOTS[name]
    for dies_at, call in enumerate(_names(plot)):
        stage = _told(plot, dies_at=dies_at, after=after)
        try:
            plot.check(stage)
            assert_in_order(stage)
        except AssertionError as error:
            raise AssertionError(f"killed at call {dies_at}, {call}: {error}") from error


@pytest.mark.untraced
@pytest.mark.parametrize("name", ["stop", "start"])
def test_an_execution_that_dies_at_any_call_goes_on_in_another_one(name: str) -> None:
    plot = PLOTS[name]
    for dies_at, call in enumerate(_names(plot)):
        stage = _told(plot, dies_at=dies_at, for_good=True)
        try:
            plot.check(stage)
            assert_in_order(stage)
        except AssertionError as error:
            raise AssertionError(f"dead from call {dies_at}, {call}: {error}") from error


@pytest.mark.untraced
@pytest.mark.parametrize("name", ["stop", "start"])
def test_any_call_that_fails_once_is_made_again(name: str) -> None:
    plot = PLOTS[name]
    for number, call in enumerate(_names(plot)):
        stage = plot.before()
        stage.world.wire.log.clear()

        def fail(_: str, number: int = number, stage: Railway = stage) -> None:
            if len(stage.world.wire.log) == number + 1:
                raise Transient("throttled")

        stage.world.wire.fail = fail
        stage.run_until(plot.end)
        try:
            plot.check(stage)
            assert_in_order(stage)
        except AssertionError as error:
            raise AssertionError(f"throttled at call {number}, {call}: {error}") from error


@pytest.mark.untraced
@pytest.mark.parametrize("name", ["stop", "start", "enforce"])
def test_a_second_worker_at_any_call_of_the_first_changes_nothing_in_the_end(name: str) -> None:
    plot = PLOTS[name]
    for number, call in enumerate(_names(plot)):
        stage = plot.before()
        stage.world.wire.log.clear()

        def interfere(_: str, number: int = number, stage: Railway = stage) -> None:
            if len(stage.world.wire.log) == number + 1:
                stage.work_twice()

        stage.world.wire.fail = interfere
        plot.act(stage)
        stage.run_until(plot.end)
        try:
            plot.check(stage)
            assert_in_order(stage)
        except AssertionError as error:
            raise AssertionError(f"two workers at call {number}, {call}: {error}") from error
