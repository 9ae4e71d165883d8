"""A fleet's schedule with its calendar read, and what it is woken for next."""

from dataclasses import replace
from datetime import datetime, timedelta

from signalbox.fleets.decisions.due import live
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Standing
from signalbox.fleets.schedule.calendar import Schedule, schedule_of
from signalbox.fleets.schedule.overrides import following_with
from signalbox.fleets.spec import FleetSpec

LOOK_BACK = timedelta(days=40)
LOOK_AHEAD = timedelta(days=400)


def timed(spec: FleetSpec, ports: FleetPorts) -> Schedule:
    """The schedule, with the spans in which its Change Calendar is closed. Raises Invalid."""
    now = ports.clock()
    return timed_between(spec, now, now + LOOK_AHEAD, ports)


def timed_between(spec: FleetSpec, begin: datetime, end: datetime, ports: FleetPorts) -> Schedule:
    """The same, of what its calendar says about another time."""
    closed = ports.calendars.closed(spec.calendar, begin - LOOK_BACK, end) if spec.calendar else ()
    return schedule_of(spec, closed)


def aimed(standing: Standing, schedule: Schedule, now: datetime) -> Standing:
    """With the next moment that something is due: a transition, or the end of a tag. Whoever stores it arms
    the timetable for it afterwards: a wake-up that nobody has recorded could take the place of a better
    one."""
    coming = following_with(schedule, live(standing.override, now), now)
    moments = (coming.at if coming else None, standing.look_again_at)
    return replace(standing, armed_for=min((at for at in moments if at and at > now), default=None))
