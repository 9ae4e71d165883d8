"""Look after one fleet: arm what comes next, then act on what is due. Whatever wakes it, it does the same."""

from dataclasses import replace
from datetime import datetime, timedelta

from signalbox.fleets.commands.beginning import Draft, begin_run
from signalbox.fleets.commands.timing import aimed, timed
from signalbox.fleets.decisions.due import due, live
from signalbox.fleets.model import Action, Transition
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Registered, Run, Standing
from signalbox.fleets.schedule.calendar import Schedule
from signalbox.fleets.steps.turn import Told, publish_armed, recorded, under_way
from signalbox.kernel.again import persistent
from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.errors import NotFound
from signalbox.kernel.events import ENGINE, Event

LATE = timedelta(minutes=5)  # a schedule's own precision is a minute
RUNNING = "RUNNING"


@persistent
def attend(name: str, ports: FleetPorts) -> str:
    """What was done, in words. Two at once, or the same event twice, act once: the second looks again, and
    finds it acted on. The next moment is armed each time, also when the record says that it is: a fault may
    have lost it. Raises Conflict when others are faster all the time."""
    try:
        fleet, standing = ports.fleets.known(name)
    except NotFound:
        ports.timetable.arm(name, None)
        return f"there is no fleet {name} any more"
    now = ports.clock()
    schedule = timed(fleet.spec, ports)
    passed = _to_act_on(fleet, standing, schedule, now)
    ended = _ended_override(standing, now)
    after = aimed(replace(standing, override=live(standing.override, now)), schedule, now)
    if passed is not None:
        return _acted(fleet, after, passed, ended, ports)
    if ended:  # and what the schedule said meanwhile is not made up for
        after = replace(after, acted_at=now)
    stored = recorded(name, after, ended, ports) if after != standing else Told(after)
    ports.timetable.arm(name, after.armed_for)
    told = _under_way(fleet, after, ports)
    publish_armed(name, stored, ports)
    return told


def _to_act_on(fleet: Registered, standing: Standing, schedule: Schedule, now: datetime) -> Transition | None:
    """What has not been acted on yet: the last transition, the end of a tag, or what AWS could not be asked
    for. What was due before the fleet was registered, or its schedule changed, is not made up for."""
    settled = standing.acted_at or from_rfc3339(fleet.created_at)
    passed = due(schedule, standing.override, now)
    if passed is not None and passed.at > settled:
        return passed
    if standing.power is None:
        return None
    action, again, retry = Action.towards(standing.power), standing.look_again_at, standing.retry_at
    if again is not None and again <= now:
        return Transition(at=again, action=action, reason="what a tag asked for is over")
    if retry is not None and retry <= now:
        return Transition(at=retry, action=action, reason="AWS could not be asked before")
    return None


def _acted(
    fleet: Registered, standing: Standing, passed: Transition, ended: list[Event], ports: FleetPorts
) -> str:
    late = ports.clock() - passed.at > LATE
    reason = f"{passed.reason}; caught up, it was due at {rfc3339(passed.at)}" if late else passed.reason
    draft = Draft(action=passed.action, cause=Cause.TRANSITION, reason=reason, by=ENGINE, at=passed.at)
    run = begin_run(fleet, standing, draft, ports, *ended)
    return f"{run.action}: {run.reason}"


def _ended_override(standing: Standing, now: datetime) -> list[Event]:
    override = standing.override
    if override is None or override.until > now:
        return []
    reason = f"{override.power} since {rfc3339(override.since)}: {override.reason}"
    return [Event(type="Override Ended", at=now, actor=ENGINE, reason=reason, data={"by": override.by})]


def _under_way(fleet: Registered, standing: Standing, ports: FleetPorts) -> str:
    """Nothing is due; a run whose execution has died goes on in another one."""
    run = under_way(fleet.spec.name, standing, ports)
    if run is None:
        return "nothing is due"
    status = ports.executions.status(run.run_id, run.generation)
    if status == RUNNING:
        return f"run {run.run_id} is {run.phase}"
    following = run if status is None else _taken_over(run, ports)
    ports.executions.start(following.fleet, following.run_id, following.generation)
    return f"run {run.run_id} goes on: its execution was {status or 'not started'}"


def _taken_over(run: Run, ports: FleetPorts) -> Run:
    following = replace(run, generation=run.generation + 1, revision=run.revision + 1)
    ports.runs.save(following)
    return following
