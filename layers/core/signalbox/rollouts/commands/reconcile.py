"""Look after every open rollout: nobody waits for ever for an execution that has died."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.each import each
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.rollouts.commands.take_over import take_over
from signalbox.rollouts.model import Phase, Stop, StopKind
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import Heard
from signalbox.rollouts.steps.closing import bid_farewell

GRACE = timedelta(seconds=30)  # for a caller that is just about to start the execution
OVERDUE = timedelta(minutes=5)  # past a hold's deadline
SILENT = timedelta(minutes=15)  # rolling back for longer pages people


class Care(StrEnum):
    """What an open rollout needs."""

    NOTHING = "nothing"
    FAREWELL = "farewell"
    START = "start"
    CONTINUE = "continue"
    THROW_BACK = "throw back"


def care_for(rollout: Rollout, status: str | None, now: datetime) -> tuple[Care, str]:
    """What to do about it, and why. `status` is the execution's, None when there is none. Pure."""
    if rollout.phase.is_final:
        # its execution says farewell itself; doing it beside it would tell the end twice
        return (Care.NOTHING, "it is just ending") if status == "RUNNING" else (Care.FAREWELL, "it has ended")
    if rollout.phase is Phase.STUCK:
        return Care.NOTHING, "people were paged; only retry goes on"
    if status is None:
        young = now - rollout.created_at < GRACE and rollout.generation == 1
        return (
            (Care.NOTHING, "it is just being started") if young else (Care.START, "no execution was started")
        )
    return _care_for_execution(rollout, status, now)


def _care_for_execution(rollout: Rollout, status: str, now: datetime) -> tuple[Care, str]:
    if status == "SUCCEEDED" and rollout.phase is not Phase.PENDING:
        return Care.CONTINUE, "its history grew long"
    if status != "RUNNING":
        return Care.THROW_BACK, f"its execution ended as {status}"
    if _overdue(rollout, now):
        return Care.THROW_BACK, "its hold is past the deadline"
    return Care.NOTHING, "it is on its way"


def _overdue(rollout: Rollout, now: datetime) -> bool:
    return rollout.hold is not None and now - from_rfc3339(rollout.hold.until) > OVERDUE


def reconcile(ports: Ports) -> tuple[int, list[Exception]]:
    """How many rollouts are open, and what came in the way of looking after some of them. A sweep that finds
    none lets the next ones rest until another begins."""
    found = ports.rollouts.open()
    _, failures = each(partial(reconcile_one, service, rollout_id, ports) for service, rollout_id in found)
    if not found:
        ports.sweeping.disable()
        if ports.rollouts.open():
            ports.sweeping.enable()
    return len(found), failures


def reconcile_one(service: str, rollout_id: str, ports: Ports) -> Care:
    """Give one rollout what it needs; one that needs something is looked at again in a minute, for whoever
    finds it may die before it has helped, and the last sweep may have rested just before it began."""
    try:
        rollout = ports.rollouts.get(service, rollout_id)
    except NotFound:
        ports.rollouts.forget_open(rollout_id)
        return Care.NOTHING
    status = ports.executions.status(rollout_id, rollout.generation)
    care, why = care_for(rollout, status, ports.clock())
    if care is not Care.NOTHING:
        ports.sweeping.enable()
    try:
        _give(care, why, rollout, ports)
    except Conflict:
        return Care.NOTHING  # somebody else was faster
    return care


def _give(care: Care, why: str, rollout: Rollout, ports: Ports) -> None:
    if care is Care.FAREWELL:
        bid_farewell(rollout, ports)
    elif care is Care.START:
        ports.executions.start(rollout.service, rollout.rollout_id, rollout.generation)
    elif care is Care.CONTINUE:
        take_over(rollout, ports, reason=why)
    elif care is Care.THROW_BACK:
        _latch(rollout, why, ports)
        take_over(rollout, ports, reason=why)


def _latch(rollout: Rollout, why: str, ports: Ports) -> None:
    at = rfc3339(ports.clock())
    stop = Stop(kind=StopKind.BREACH, at=at, actor="signalbox", reason=why)
    heard = Heard(type="Guard Breached", at=at, actor="signalbox", reason=why, data={})
    ports.latches.stop(rollout.rollout_id, stop, heard)


def is_restoring_for_long(rollout: Rollout, now: datetime) -> bool:
    """Whether people must be told that a restore does not come to its end."""
    began = rollout.clocks.detected_at
    return rollout.phase is Phase.ROLLING_BACK and began is not None and now - from_rfc3339(began) > SILENT
