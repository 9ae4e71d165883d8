"""Register a fleet, or replace its registration. Nothing is started or stopped: the next transition acts."""

from signalbox.fleets.commands.timing import armed, timed
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Registered
from signalbox.fleets.schedule.calendar import violations
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.turn import tell
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Invalid, NotFound
from signalbox.kernel.events import Event


def put_fleet(spec: FleetSpec, caller: Caller, ports: FleetPorts) -> tuple[Registered, bool]:
    """(the registration, whether it is new). Raises Invalid; a refused call stores nothing. What was due
    before is not made up for: whoever wants it at once starts or stops the fleet."""
    wrong = violations(spec)
    if wrong:
        raise Invalid(*wrong)
    schedule = timed(spec, ports)
    now = ports.clock()
    before = _before(spec.name, ports)
    fleet = Registered(
        spec=spec,
        created_at=before.created_at if before else rfc3339(now),
        updated_at=rfc3339(now),
        updated_by=caller.arn,
    )
    is_new = ports.fleets.put(fleet)
    standing = ports.fleets.standing(spec.name)
    applied = Event(
        type="Fleet Applied", at=now, actor=caller.arn, reason=caller.reason, data={"mode": spec.mode}
    )
    standing = tell(spec.name, standing, [applied], ports)
    armed(fleet, standing, schedule, ports)
    return fleet, is_new


def _before(name: str, ports: FleetPorts) -> Registered | None:
    try:
        return ports.fleets.get(name)
    except NotFound:
        return None
