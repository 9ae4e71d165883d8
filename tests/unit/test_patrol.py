"""Services between rollouts: whoever gets traffic must have instances."""

from dataclasses import replace

from signalbox.kernel.errors import Rejected
from signalbox.rollouts.commands.occurrences import SweepDue
from signalbox.rollouts.commands.patrol import patrol
from signalbox.rollouts.commands.sweep import sweep
from signalbox.rollouts.ports import Registered
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.survey import Standing
from tests.unit.builders import BLUE_GREEN, CANARY, spec
from tests.unit.fakes import World
from tests.unit.machine import started
from tests.unit.test_sweep import TwoLetters


def _registered(*, slots: bool = True) -> World:
    world, service = World(), spec(BLUE_GREEN, slots=slots)
    world.store.services[service.name] = Registered(spec=service, created_at="", updated_at="", updated_by="")
    return world


def _empty(world: World, name: str) -> World:
    world.aws.groups[name] = replace(world.aws.groups[name], instances=())
    return world


def test_a_service_whose_traffic_is_served_is_left_alone() -> None:
    assert patrol(_registered().ports) == ()


def test_an_empty_slot_without_traffic_is_nothing_to_tell() -> None:
    assert patrol(_empty(_registered(), "green").ports) == ()


def test_traffic_that_goes_to_an_empty_group_is_told() -> None:
    found = patrol(_empty(_registered(), "blue").ports)
    assert len(found) == 1
    assert found[0].startswith("checkout: arn:")
    assert found[0].endswith("sends traffic to blue, which has no instances")


def test_traffic_that_goes_to_a_group_that_is_gone_is_told() -> None:
    world = _registered(slots=False)
    del world.aws.groups["blue"]
    assert len(patrol(world.ports)) == 1


def test_a_service_that_is_being_rolled_out_is_its_rollout_s_business() -> None:
    world = World()
    started(world, spec(CANARY)).step()
    assert patrol(_empty(world, "blue").ports) == ()


def test_a_service_that_aws_does_not_show_does_not_hide_the_others() -> None:
    world = _empty(_registered(), "blue")
    one = world.store.services["checkout"]
    world.store.services["hidden"] = replace(one, spec=replace(one.spec, name="hidden"), created_at="1")
    standing = world.aws.standing

    def refuse(asked: ServiceSpec) -> Standing:
        if asked.name == "hidden":
            raise Rejected("you may not look")
        return standing(asked)

    world.aws.standing = refuse  # type: ignore[method-assign, assignment]
    assert [text.split(" ")[0] for text in patrol(world.ports)] == ["hidden:", "checkout:"]


def test_every_page_of_services_is_read() -> None:
    world = _empty(_registered(), "blue")
    one = world.store.services["checkout"]
    for number in range(150):
        name = f"more-{number:03}"
        world.store.services[name] = replace(one, spec=replace(one.spec, name=name))
    assert len(patrol(world.ports)) == 151


def test_the_hourly_sweep_tells_and_measures_it() -> None:
    world = _empty(_registered(), "blue")
    told = sweep(SweepDue(hourly=True), world.ports, TwoLetters())
    assert told.startswith("0 open, 2 replayed; checkout: arn:")
    assert world.gauges.figures["TrafficWithoutCapacity"] == 1


def test_the_sweep_of_each_minute_does_not_look() -> None:
    world = _empty(_registered(), "blue")
    sweep(SweepDue(), world.ports, TwoLetters())
    assert "TrafficWithoutCapacity" not in world.gauges.figures
