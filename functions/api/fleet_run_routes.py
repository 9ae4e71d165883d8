"""Routes that start and stop fleets, and say what became of it."""

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from annotated_types import Ge, Le
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from bodies import VerbBody
from caller import caller_of
from fleet_bodies import OverrideBody, moment
from fleet_run_views import RunList, RunStarted, RunView, run_summary, run_view
from idempotency import once
from routing import new_router
from signalbox.fleets.commands.override_fleet import lift_override, override_fleet
from signalbox.fleets.commands.remembered import remembered
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action
from signalbox.fleets.record import Run
from signalbox.fleets.steps.lots import run_with_lots
from signalbox.wiring import fleet_ports
from statuses import answers
from timeline_views import TimelineView, timeline_view

router = new_router()
Limit = Annotated[int, Ge(1), Le(100), Query()]
Entries = Annotated[int, Ge(1), Le(1000), Query()]
Cursor = Annotated[str | None, Query()]
Sequence = Annotated[int, Ge(0), Query()]
_ACCEPTED = answers(
    RunStarted,
    HTTPStatus.ACCEPTED,
    refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@router.post("/fleets/<fleet>/start", summary="Start a fleet now", tags=["fleets"], responses=_ACCEPTED)
def start(fleet: str, body: Annotated[VerbBody, Body()] = VerbBody()) -> tuple[RunStarted, int]:  # noqa: B008
    """It stays so until its next transition."""
    caller = caller_of(router, body.reason)
    return _begun(lambda: switch_fleet(fleet, Action.START, caller, fleet_ports()))


@router.post("/fleets/<fleet>/stop", summary="Stop a fleet now", tags=["fleets"], responses=_ACCEPTED)
def stop(fleet: str, body: Annotated[VerbBody, Body()] = VerbBody()) -> tuple[RunStarted, int]:  # noqa: B008
    """It stays so until its next transition."""
    caller = caller_of(router, body.reason)
    return _begun(lambda: switch_fleet(fleet, Action.STOP, caller, fleet_ports()))


@router.post(
    "/fleets/<fleet>/override",
    summary="Want something else than the schedule for a while",
    tags=["fleets"],
    responses=_ACCEPTED,
)
def override(fleet: str, body: Annotated[OverrideBody, Body()]) -> tuple[RunStarted, int]:
    """It ends by itself: then the fleet goes back to its schedule."""
    until = moment("until", body.until)
    caller = caller_of(router, body.reason)
    return _begun(lambda: override_fleet(fleet, body.state, until, caller, fleet_ports()))


@router.delete(
    "/fleets/<fleet>/override",
    summary="Go back to the schedule now",
    tags=["fleets"],
    responses=_ACCEPTED,
)
def lift(fleet: str) -> tuple[RunStarted, int]:
    """404 when nothing overrides it."""
    return RunStarted(
        run_id=lift_override(fleet, caller_of(router), fleet_ports()).run_id
    ), HTTPStatus.ACCEPTED


def _begun(action: Callable[[], Run]) -> tuple[RunStarted, int]:
    answer = once(router, lambda: asdict(RunStarted(run_id=action().run_id)))
    return RunStarted(run_id=str(answer["run_id"])), HTTPStatus.ACCEPTED


@router.get(
    "/fleets/<fleet>/runs",
    summary="List the runs of a fleet, newest first",
    tags=["fleets"],
    responses=answers(RunList, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def runs(fleet: str, limit: Limit = 50, cursor: Cursor = None) -> RunList:
    """A page of summaries, also of a fleet that has been forgotten."""
    remembered(fleet, fleet_ports())
    found, following = fleet_ports().runs.list(fleet, limit, cursor)
    return RunList(items=tuple(run_summary(run) for run in found), cursor=following)


@router.get(
    "/fleets/<fleet>/runs/<run_id>",
    summary="Read a run, resource by resource",
    tags=["fleets"],
    responses=answers(RunView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def run(fleet: str, run_id: str) -> RunView:
    """What became of each resource, and why."""
    return run_view(*run_with_lots(fleet, run_id, fleet_ports()))


@router.get(
    "/fleets/<fleet>/timeline",
    summary="Read what happened to a fleet, oldest first",
    tags=["fleets"],
    responses=answers(TimelineView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def timeline(fleet: str, limit: Entries = 500, cursor: Sequence = 0) -> TimelineView:
    """Also of a fleet that has been forgotten."""
    remembered(fleet, fleet_ports())
    return timeline_view(fleet_ports().fleets.timeline(fleet, cursor, limit), limit)
