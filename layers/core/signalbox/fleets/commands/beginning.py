"""Begin a run, in the place of the one that may be under way."""

from dataclasses import dataclass, replace
from datetime import datetime

from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Registered, Run, Standing
from signalbox.fleets.steps.turn import tell
from signalbox.kernel.events import Event, JsonObject
from signalbox.kernel.ids import new_run_id

BEGUN = {Action.START: "Fleet Start Requested", Action.STOP: "Fleet Stop Requested"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A run that is wanted: `only` narrows it down to some resources (`rds:orders`), `at` is the transition
    that it acts on."""

    action: Action
    cause: Cause
    reason: str
    by: str
    only: tuple[str, ...] = ()
    at: datetime | None = None


def begin_run(fleet: Registered, standing: Standing, draft: Draft, ports: FleetPorts, *events: Event) -> Run:
    """Stored with what made it begin; then its execution is started. Should that fail, the sweep starts it.
    Raises Conflict when somebody else was faster."""
    now = ports.clock()
    run = Run(
        run_id=new_run_id(now, ports.entropy),
        fleet=fleet.spec.name,
        action=draft.action,
        cause=draft.cause,
        reason=draft.reason,
        by=draft.by,
        spec=fleet.spec,
        created_at=now,
        only=draft.only,
    )
    data: JsonObject = {"run_id": run.run_id, "action": run.action, "cause": run.cause}
    if draft.only:
        data["resources"] = list(draft.only)
    begun = Event(type=BEGUN[run.action], at=now, actor=draft.by, reason=draft.reason, data=data)
    standing = replace(
        standing,
        run_id=run.run_id,
        acted_at=draft.at or standing.acted_at,
        power=standing.power if draft.only else run.action.power,
    )
    tell(run.fleet, standing, [*events, begun], ports, run)
    ports.executions.start(run.fleet, run.run_id, run.generation)
    return run
