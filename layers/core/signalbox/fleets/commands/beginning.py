"""Begin a run, in the place of the one that may be under way."""

from dataclasses import dataclass, replace
from datetime import datetime

from signalbox.fleets.decisions.mentions import BEGUN
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Registered, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.turn import publish, publish_armed, recorded, superseded
from signalbox.kernel.events import Event, JsonObject
from signalbox.kernel.ids import new_run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A run that is wanted: `only` narrows it down to some (`ec2:i-0a1b…`), `swept` when no event has told of
    them, `at` is the moment that it acts on: the standing says then what the timetable is armed for next."""

    action: Action
    cause: Cause
    reason: str
    by: str
    only: tuple[str, ...] = ()
    swept: bool = False
    at: datetime | None = None


def begin_run(fleet: Registered, standing: Standing, draft: Draft, ports: FleetPorts, *events: Event) -> Run:
    """Stored with what made it begin; then the next moment is armed, and the run's execution is started.
    Should that fail, whoever looks after the fleet next does it. Raises Conflict when somebody else was
    faster: nothing has been done then."""
    now = ports.clock()
    run = drafted(new_run_id(now, ports.entropy), fleet.spec, standing, draft, now)
    ended, told = superseded(run.fleet, standing, f"run {run.run_id} goes on", ports)
    run = replace(run, turned=any(one.action is not run.action for one in ended))
    begun = Event(type=BEGUN[run.action], at=now, actor=run.by, reason=run.reason, data=_told(run))
    standing = _with(standing, run, draft)
    stored = recorded(run.fleet, standing, [*events, *told, begun], ports, [*ended, run])
    if draft.at is not None:
        ports.timetable.arm(run.fleet, standing.armed_for)
    ports.executions.start(run.fleet, run.run_id, run.generation)
    (publish if draft.at is None else publish_armed)(run.fleet, stored, ports)
    return run


def drafted(run_id: str, spec: FleetSpec, standing: Standing, draft: Draft, now: datetime) -> Run:
    """The run, not yet begun."""
    return Run(
        run_id=run_id,
        fleet=spec.name,
        action=draft.action,
        cause=draft.cause,
        reason=draft.reason,
        by=draft.by,
        spec=spec,
        created_at=now,
        only=draft.only,
        swept=draft.swept,
        was=standing.power,
    )


def _told(run: Run) -> JsonObject:
    data: JsonObject = {"run_id": run.run_id, "action": run.action, "cause": run.cause}
    return {**data, "resources": list(run.only)} if run.only else data


def _with(standing: Standing, run: Run, draft: Draft) -> Standing:
    standing = replace(standing, run_id=run.run_id, acted_at=draft.at or standing.acted_at)
    if run.only:
        return standing
    return replace(standing, power=run.action.power, told_by=run.run_id, look_again_at=None, retry_at=None)
