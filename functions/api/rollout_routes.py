"""Routes of rollouts: start, read, and the timeline."""

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from annotated_types import Ge, Le
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import TypeAdapter

from bodies import StartBody, UndoBody
from caller import caller_of
from idempotency import Answer, once
from rollout_views import RolloutList, RolloutView, Started, rollout_view
from routing import new_router
from signalbox.kernel.errors import Invalid, Transient, Violation
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.commands.undo import Undo
from signalbox.rollouts.commands.undo import undo as undo_command
from signalbox.rollouts.estate import Estate
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.steps.sight import guard_names
from signalbox.wiring import ports
from statuses import answers
from timeline_views import TimelineView, timeline_view

router = new_router()
Limit = Annotated[int, Ge(1), Le(100), Query()]
TimelineLimit = Annotated[int, Ge(1), Le(1000), Query()]
Cursor = Annotated[str | None, Query()]
Health = Annotated[bool, Query()]
_ANSWER = TypeAdapter(Started)
_STARTED = answers(
    Started,
    HTTPStatus.ACCEPTED,
    refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@router.post(
    "/services/<service>/rollouts",
    summary="Bring a service to a version",
    tags=["rollouts"],
    responses=_STARTED,
)
def start(service: str, body: Annotated[StartBody, Body()]) -> tuple[Started, int]:
    """409 when the service, or something it stands on, is in another rollout."""
    command = StartRollout(
        service=service,
        version=body.version,
        strategy=body.strategy,
        sequence=body.sequence,
        override=body.override,
        size=body.size,
    )

    return _started(lambda: start_rollout(command, caller_of(router, body.reason), ports()))


def _started(begin: Callable[[], Rollout]) -> tuple[Started, int]:
    def act() -> Answer:
        rollout = begin()
        started = Started(rollout_id=rollout.rollout_id, phase=rollout.phase, warnings=rollout.warnings)
        return asdict(started)

    return _ANSWER.validate_python(once(router, act)), HTTPStatus.ACCEPTED


@router.post(
    "/services/<service>/undo",
    summary="Bring back a version that served before",
    tags=["rollouts"],
    responses=_STARTED,
)
def undo(service: str, body: Annotated[UndoBody, Body()] = UndoBody()) -> tuple[Started, int]:  # noqa: B008
    """Sends an open rollout back; otherwise starts one to the former version, which watches nothing when that
    served within the service's rollback window. Alarms that are red already do not guard it: the answer names
    them."""

    def bring_back() -> Rollout:
        command = Undo(service=service, version=body.version)
        return undo_command(command, caller_of(router, body.reason), ports())

    return _started(bring_back)


@router.get(
    "/services/<service>/rollouts",
    summary="List rollouts, newest first",
    tags=["rollouts"],
    responses=answers(RolloutList, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def index(service: str, limit: Limit = 50, cursor: Cursor = None) -> RolloutList:
    """A page of rollouts; those of a forgotten service stay."""
    found, following = ports().rollouts.list(service, limit, cursor)
    return RolloutList(items=tuple(rollout_view(rollout) for rollout in found), cursor=following)


@router.get(
    "/services/<service>/rollouts/<rollout_id>",
    summary="Read a rollout",
    tags=["rollouts"],
    responses=answers(RolloutView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def show(service: str, rollout_id: str, health: Health = False) -> RolloutView:
    """As it is now; while it is open with the state of its guards. `health` reads the groups and their
    targets too: a dozen calls of AWS, whose rates are limited, so ask for it now and then."""
    rollout, signals = ports().rollouts.load(service, rollout_id)
    if rollout.phase.is_terminal:
        return rollout_view(rollout, signals, ())
    alarms = ports().estates.alarms(guard_names(rollout))
    return rollout_view(rollout, signals, alarms, _observed(rollout) if health else None)


def _observed(rollout: Rollout) -> Estate | None:
    """None when AWS cannot tell: the rest is worth reading all the same."""
    try:
        return ports().estates.observe(rollout.layout, rollout.rollout_id)
    except Transient:
        return None


@router.get(
    "/services/<service>/rollouts/<rollout_id>/timeline",
    summary="Read what happened, oldest first",
    tags=["rollouts"],
    responses=answers(TimelineView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def timeline(
    service: str, rollout_id: str, limit: TimelineLimit = 500, cursor: Cursor = None
) -> TimelineView:
    """Hash-chained: `hash` covers the entry and `previous_hash`."""
    if cursor is not None and not cursor.isdecimal():
        raise Invalid(Violation("cursor", "give the cursor of the page before"))
    ports().rollouts.get(service, rollout_id)
    return timeline_view(ports().rollouts.timeline(rollout_id, int(cursor or 0), limit), limit)
