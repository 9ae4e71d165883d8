"""A fleet's schedule with its calendar read, and the timetable that wakes it for what comes next."""

from dataclasses import replace
from datetime import timedelta

from signalbox.fleets.decisions.due import live
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Registered, Standing
from signalbox.fleets.schedule.calendar import Schedule, schedule_of
from signalbox.fleets.schedule.overrides import following_with
from signalbox.fleets.spec import FleetSpec

LOOK_BACK = timedelta(days=40)
LOOK_AHEAD = timedelta(days=400)


def timed(spec: FleetSpec, ports: FleetPorts) -> Schedule:
    """The schedule, with the spans in which its Change Calendar is closed. Raises Invalid."""
    now = ports.clock()
    closed = ports.calendars.closed(spec.calendar, now - LOOK_BACK, now + LOOK_AHEAD) if spec.calendar else ()
    return schedule_of(spec, closed)


def armed(
    fleet: Registered, standing: Standing, schedule: Schedule, ports: FleetPorts, *, anew: bool = False
) -> Standing:
    """The next transition is in the timetable, and it is known: before anything is done about the present
    one. `anew` puts it there although the record says that it is."""
    now = ports.clock()
    coming = following_with(schedule, live(standing.override, now), now)
    at = coming.at if coming else None
    if at != standing.armed_for or anew:
        ports.timetable.arm(fleet.spec.name, at)
    if at == standing.armed_for:
        return standing
    following = replace(standing, armed_for=at, revision=standing.revision + 1)
    ports.fleets.save(fleet.spec.name, following, ())
    return following
