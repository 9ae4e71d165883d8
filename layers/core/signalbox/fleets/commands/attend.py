"""Look after one fleet: arm what comes next, then act on what is due. Whatever wakes it, it does the same."""

from dataclasses import replace
from datetime import datetime, timedelta

from signalbox.fleets.commands.beginning import Draft, begin_run
from signalbox.fleets.commands.timing import armed, timed
from signalbox.fleets.decisions.due import due
from signalbox.fleets.model import Transition
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Registered, Run, Standing
from signalbox.fleets.steps.turn import ENGINE, publish
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.kernel.events import Event

LATE = timedelta(minutes=5)  # a schedule's own precision is a minute
RUNNING = "RUNNING"


def attend(name: str, ports: FleetPorts, *, anew: bool = False) -> str:
    """What was done, in words. Two at once, or the same event twice, act once: the second finds it acted on.
    `anew` arms the next transition though the record says that it is armed."""
    try:
        fleet = ports.fleets.get(name)
    except NotFound:
        ports.timetable.arm(name, None)
        return f"there is no fleet {name} any more"
    standing = publish(name, ports.fleets.standing(name), ports)
    now = ports.clock()
    schedule = timed(fleet.spec, ports)
    standing = armed(fleet, standing, schedule, ports, anew=anew)
    passed = due(schedule, standing.override, now)
    if passed is None or passed.at <= _settled_until(fleet, standing):
        return _under_way(fleet, standing, ports)
    return _acted(fleet, standing, passed, now, ports)


def _settled_until(fleet: Registered, standing: Standing) -> datetime:
    """Until when nothing is made up for: it was acted on, or the fleet was registered otherwise."""
    applied = from_rfc3339(fleet.updated_at)
    return max(applied, standing.acted_at) if standing.acted_at else applied


def _acted(
    fleet: Registered, standing: Standing, passed: Transition, now: datetime, ports: FleetPorts
) -> str:
    late = now - passed.at > LATE
    reason = f"{passed.reason}; caught up, it was due at {passed.at.isoformat()}" if late else passed.reason
    ended = _ended_override(standing, now)
    if ended:
        standing = replace(standing, override=None)
    draft = Draft(action=passed.action, cause=Cause.TRANSITION, reason=reason, by=ENGINE, at=passed.at)
    try:
        run = begin_run(fleet, standing, draft, ports, *ended)
    except Conflict:
        return "somebody else was faster"
    return f"{run.action}: {run.reason}"


def _ended_override(standing: Standing, now: datetime) -> list[Event]:
    override = standing.override
    if override is None or override.until > now:
        return []
    reason = f"{override.power} since {override.since.isoformat()}: {override.reason}"
    return [Event(type="Override Ended", at=now, actor=ENGINE, reason=reason, data={"by": override.by})]


def _under_way(fleet: Registered, standing: Standing, ports: FleetPorts) -> str:
    """Nothing is due; a run whose execution has died goes on in another one."""
    if standing.run_id is None:
        return "nothing is due"
    run = ports.runs.get(fleet.spec.name, standing.run_id)
    status = ports.executions.status(run.run_id, run.generation)
    if run.phase.is_final or status == RUNNING:
        return f"run {run.run_id} is {run.phase}"
    following = run if status is None else _taken_over(run, ports)
    ports.executions.start(following.fleet, following.run_id, following.generation)
    return f"run {run.run_id} goes on: its execution was {status or 'not started'}"


def _taken_over(run: Run, ports: FleetPorts) -> Run:
    following = replace(run, generation=run.generation + 1, revision=run.revision + 1)
    ports.runs.save(following)
    return following
