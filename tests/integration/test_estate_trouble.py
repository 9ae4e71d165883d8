"""What goes wrong in an estate on request: instances die, there is no room, versions are bad."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from signalbox_local.estate.control import estate_control
from tests.integration.estate_world import World


@pytest.fixture
def world(estate_world: World) -> World:
    return estate_world


def tell(world: World, **parts: Any) -> object:
    return estate_control(world.estate)("POST", {}, parts)


def test_an_instance_that_dies_is_replaced(world: World) -> None:
    world.group()
    world.settled()
    victim = min(world.ids())
    tell(world, kill=[victim])
    state = world.ec2.describe_instances(InstanceIds=[victim])["Reservations"][0]["Instances"][0]["State"]
    assert state["Name"] == "terminated"
    assert victim in world.ids(), "the group has not noticed it yet"
    world.until(lambda: victim not in world.ids())
    world.settled()
    assert len(world.told("Terminate Successful")) == 1


def test_only_what_runs_can_die(world: World) -> None:
    with pytest.raises(ValueError, match="i-nobody"):
        tell(world, kill=["i-nobody"])


def test_a_dead_instance_stays_while_health_checks_are_suspended(world: World) -> None:
    world.group()
    world.settled()
    world.suspend("HealthCheck")
    tell(world, kill=[min(world.ids())])
    world.pass_time(10)
    assert world.states() == ["InService", "InService"]


def test_a_region_without_room_launches_no_more(world: World) -> None:
    tell(world, room={"instances": 2})
    world.group(desired=3)
    world.until(lambda: world.states() == ["InService", "InService"])
    world.until(lambda: world.told("Launch Unsuccessful"))
    message = world.told("Launch Unsuccessful")[0]["detail"]["StatusMessage"]
    assert "do not have sufficient t3.micro capacity" in message
    tell(world, room=None)
    world.until(lambda: world.states() == ["InService"] * 3)


def test_an_instance_that_somebody_declares_unhealthy_is_replaced(world: World) -> None:
    world.group()
    world.settled()
    victim = min(world.ids())
    world.autoscaling.set_instance_health(InstanceId=victim, HealthStatus="Unhealthy")
    world.until(lambda: victim not in world.ids())
    world.settled()


def test_a_grace_period_protects_from_such_a_declaration(world: World) -> None:
    world.group(HealthCheckGracePeriod=300)
    world.settled()
    victim = min(world.ids())
    world.autoscaling.set_instance_health(InstanceId=victim, HealthStatus="Unhealthy")
    world.pass_time(5)
    assert victim in world.ids()
    world.autoscaling.set_instance_health(
        InstanceId=victim, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
    )
    world.until(lambda: victim not in world.ids())


def test_the_health_of_an_unknown_instance_cannot_be_set(world: World) -> None:
    with pytest.raises(ClientError, match="No managed instance found"):
        world.autoscaling.set_instance_health(InstanceId="i-0123456789abcdef0", HealthStatus="Unhealthy")


def test_images_that_never_become_healthy_fail_by_the_clock_too(world: World) -> None:
    tell(world, behaviours={"ami-good": {"never_healthy": True}})
    world.group()
    world.until(lambda: world.health() == ["unhealthy", "unhealthy"])
    tell(world, behaviours={"ami-good": {}})
    world.settled()


@pytest.mark.parametrize(
    "body", [{"behaviours": {"ami-good": {"errors_percent": 200}}}, {"room": {}}, {"weather": 1}]
)
def test_a_trouble_that_there_is_not_is_refused(world: World, body: Any) -> None:
    with pytest.raises((ValueError, KeyError)):
        tell(world, **body)
