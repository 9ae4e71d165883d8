"""Forget a fleet. Nothing of it is started or stopped; its timeline and its runs stay readable."""

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Standing
from signalbox.fleets.steps.turn import superseded, tell
from signalbox.kernel.caller import Caller
from signalbox.kernel.events import Event


def delete_fleet(name: str, caller: Caller, ports: FleetPorts) -> None:
    """Raises NotFound. A run that is under way ends where it is. The sizes that groups are to have again are
    kept for a fleet of the same name."""
    ports.fleets.get(name)
    ports.timetable.arm(name, None)
    standing = ports.fleets.standing(name)
    ended, told = superseded(name, standing, "the fleet is gone", ports)
    forgotten = Event(type="Fleet Forgotten", at=ports.clock(), actor=caller.arn, reason=caller.reason)
    standing = Standing(
        revision=standing.revision, head=standing.head, published=standing.published, sizes=standing.sizes
    )
    tell(name, standing, [*told, forgotten], ports, ended)
    ports.fleets.delete(name)
