"""Register a fleet, or replace its registration. Nothing is started or stopped but what was due anyway."""

from dataclasses import replace
from datetime import datetime

from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.timing import timed
from signalbox.fleets.decisions.types import alternates_of, misfits
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Registered
from signalbox.fleets.schedule.calendar import violations
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.turn import recorded
from signalbox.kernel.again import persistent
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Invalid, NotFound, Unprocessable, Violation
from signalbox.kernel.events import Event


def put_fleet(spec: FleetSpec, caller: Caller, ports: FleetPorts) -> tuple[Registered, bool]:
    """(the registration, whether it is new). Raises Invalid and Unprocessable; a refused call stores nothing.
    What a new schedule says of the past is not made up for: whoever wants it at once starts or stops the
    fleet."""
    wrong = violations(spec)
    if wrong:
        raise Invalid(*wrong)
    timed(spec, ports)
    unfit = _unfit(spec, ports)
    if unfit:
        raise Unprocessable(*unfit)
    now = ports.clock()
    before = _before(spec.name, ports)
    fleet = Registered(
        spec=spec,
        created_at=before.created_at if before else rfc3339(now),
        updated_at=rfc3339(now),
        updated_by=caller.arn,
    )
    is_new = ports.fleets.put(fleet)
    is_timed_anew = before is None or _when(spec) != _when(before.spec)
    applied = Event(
        type="Fleet Applied", at=now, actor=caller.arn, reason=caller.reason, data={"mode": spec.mode}
    )
    _recorded(spec.name, applied, now if is_timed_anew else None, ports)
    attend(spec.name, ports)
    return fleet, is_new


def _unfit(spec: FleetSpec, ports: FleetPorts) -> list[Violation]:
    """Alternates that AWS knows better. It is asked once for each Region."""
    alternates = alternates_of(spec)
    types = {type_ for own, others in alternates.items() for type_ in (own, *others)}
    regions = (spec.select.regions or (ports.home.region,)) if types else ()
    return [
        wrong
        for region in regions
        for wrong in misfits(alternates, ports.types.architectures(types, region), region)
    ]


@persistent
def _recorded(name: str, applied: Event, settled: datetime | None, ports: FleetPorts) -> None:
    standing = ports.fleets.standing(name)
    recorded(name, replace(standing, acted_at=settled or standing.acted_at), [applied], ports)


def _when(spec: FleetSpec) -> tuple[object, ...]:
    """What says when the fleet runs. Whoever changes anything else keeps what is due."""
    return spec.zone, spec.schedule, spec.holidays, spec.calendar


def _before(name: str, ports: FleetPorts) -> Registered | None:
    try:
        return ports.fleets.get(name)
    except NotFound:
        return None
