"""What a fleet is meant to be now, and why."""

from signalbox.fleets.decisions.due import live
from signalbox.fleets.model import Wanted
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Standing
from signalbox.fleets.schedule.calendar import Schedule
from signalbox.fleets.schedule.overrides import wanted_with


def meant(name: str, standing: Standing, schedule: Schedule, ports: FleetPorts) -> Wanted:
    """As it was told last, and by whom, where that is something else than what its schedule says."""
    now = ports.clock()
    then = wanted_with(schedule, live(standing.override, now), now)
    if standing.power is None or standing.power is then.power:
        return then
    reason = "it was told so before what is remembered"
    if standing.told_by is not None:
        run = ports.runs.get(name, standing.told_by)
        reason = f"{run.action} by {run.by}: {run.reason}"
    return Wanted(power=standing.power, reason=f"{reason}; the schedule says {then.power}: {then.reason}")
