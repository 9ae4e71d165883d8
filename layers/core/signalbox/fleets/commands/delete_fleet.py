"""Forget a fleet. Nothing of it is started or stopped; its timeline and its runs stay readable."""

from dataclasses import replace

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.steps.turn import tell
from signalbox.kernel.caller import Caller
from signalbox.kernel.events import Event


def delete_fleet(name: str, caller: Caller, ports: FleetPorts) -> None:
    """Raises NotFound. A run that is under way ends where it is."""
    ports.fleets.get(name)
    ports.timetable.arm(name, None)
    standing = ports.fleets.standing(name)
    forgotten = Event(type="Fleet Forgotten", at=ports.clock(), actor=caller.arn, reason=caller.reason)
    tell(name, replace(standing, run_id=None, override=None, armed_for=None), [forgotten], ports)
    ports.fleets.delete(name)
