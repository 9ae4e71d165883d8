"""Start or stop a fleet now. It stays so until its next transition."""

from signalbox.fleets.commands.beginning import Draft, begin_run
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Run
from signalbox.kernel.again import persistent
from signalbox.kernel.caller import Caller


@persistent
def switch_fleet(name: str, action: Action, caller: Caller, ports: FleetPorts) -> Run:
    """The run that has begun, in the place of one that may be under way. Raises NotFound and Conflict."""
    fleet, standing = ports.fleets.known(name)
    draft = Draft(
        action=action, cause=Cause.REQUEST, reason=caller.reason or f"{action} requested", by=caller.arn
    )
    return begin_run(fleet, standing, draft, ports)
