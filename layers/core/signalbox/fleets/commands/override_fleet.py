"""Want something else than the schedule for a while; the fleet goes back to it by itself."""

from dataclasses import replace
from datetime import datetime, timedelta

from signalbox.fleets.commands.beginning import Draft, begin_run
from signalbox.fleets.commands.timing import aimed, timed
from signalbox.fleets.decisions.due import live
from signalbox.fleets.model import Action, Override, Power
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Run
from signalbox.fleets.schedule.transitions import wanted
from signalbox.kernel.again import persistent
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Violation
from signalbox.kernel.events import Event

LONGEST = timedelta(days=366)


@persistent
def override_fleet(name: str, power: Power, until: datetime, caller: Caller, ports: FleetPorts) -> Run:
    """The run that brings the fleet there. Raises NotFound, Invalid, and Conflict when another override that
    wants the opposite is in force: it is named, and must be lifted first."""
    fleet, standing = ports.fleets.known(name)
    now = ports.clock()
    if not now < until <= now + LONGEST:
        raise Invalid(Violation("until", f"give a moment after now ({rfc3339(now)}), at most a year ahead"))
    other = live(standing.override, now)
    if other is not None and other.power is not power:
        wish = f"{other.by} wants it {other.power} until {rfc3339(other.until)} ({other.reason})"
        raise Conflict(f"{wish}: lift that override first")
    override = Override(power=power, since=now, until=until, reason=caller.reason, by=caller.arn)
    standing = aimed(replace(standing, override=override), timed(fleet.spec, ports), now)
    told = Event(
        type="Fleet Overridden",
        at=now,
        actor=caller.arn,
        reason=caller.reason,
        data={"state": power, "until": rfc3339(until)},
    )
    draft = Draft(
        action=Action.towards(power),
        cause=Cause.OVERRIDE,
        reason=f"override: {power} until {rfc3339(until)}",
        by=caller.arn,
        at=now,
    )
    return begin_run(fleet, standing, draft, ports, told)


@persistent
def lift_override(name: str, caller: Caller, ports: FleetPorts) -> Run:
    """The run that brings the fleet back to its schedule. Raises NotFound when nothing overrides it."""
    fleet, standing = ports.fleets.known(name)
    now = ports.clock()
    other = live(standing.override, now)
    if other is None:
        raise NotFound(f"nothing overrides the schedule of {name}")
    schedule = timed(fleet.spec, ports)
    standing = aimed(replace(standing, override=None), schedule, now)
    ended = Event(
        type="Override Ended", at=now, actor=caller.arn, reason=caller.reason, data={"by": other.by}
    )
    then = wanted(schedule, now)
    draft = Draft(
        action=Action.towards(then.power),
        cause=Cause.OVERRIDE,
        reason=f"override lifted: {then.reason}",
        by=caller.arn,
        at=now,
    )
    return begin_run(fleet, standing, draft, ports, ended)
