"""Time as the schedules see it, and the sweeps that it brings."""

from datetime import datetime, timedelta

from tests.scenario.world import World, eventually

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def let_pass(world: World, span: timedelta) -> None:
    """Set the schedules' clock forward, and wait until a sweep that this fires has looked at everything."""
    since = world.last_call()
    pass_by(world, span)
    eventually(lambda: _has_swept(world, since))


def pass_by(world: World, span: timedelta) -> None:
    """Set the schedules' clock forward; what is due by then has fired."""
    now = datetime.fromisoformat(world.control("clock", None)["now"])
    world.control("clock", {"to": (now + span + timedelta(seconds=1)).isoformat()})


def _has_swept(world: World, since: int) -> bool:
    """Whether the sweep has looked for dead letters, which it does last, and has been answered."""
    asked = [call for call in world.calls(since) if call["operation"] == "ReceiveMessage"]
    return any("Sweep" in call["principal"] and call["status"] is not None for call in asked)
