"""Routes of fleets."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from annotated_types import Ge, Le, Len
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from caller import caller_of
from fleet_bodies import moment
from fleet_views import (
    FleetList,
    FleetView,
    ForecastView,
    WhyView,
    fleet_view,
    forecast_view,
    why_view,
)
from routing import new_router
from savings_view import SavingsView, savings_view
from signalbox.fleets.commands.delete_fleet import delete_fleet
from signalbox.fleets.commands.describe_fleet import describe_fleet, forecast_of
from signalbox.fleets.commands.put_fleet import put_fleet
from signalbox.fleets.commands.report_savings import report_savings
from signalbox.fleets.commands.why import why
from signalbox.fleets.schedule.calendar import violations
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import Invalid, Violation
from signalbox.wiring import fleet_ports
from statuses import answers

router = new_router()
Limit = Annotated[int, Ge(1), Le(100), Query()]
Cursor = Annotated[str | None, Query()]
From = Annotated[str | None, Query(alias="from")]
Until = Annotated[str | None, Query()]
# There is no such fleet, or nobody may read its Change Calendar.
_UNREADABLE = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)


@router.put(
    "/fleets/<fleet>",
    summary="Register a fleet, or replace its registration",
    tags=["fleets"],
    responses=answers(
        FleetView, HTTPStatus.CREATED, HTTPStatus.OK, refused=(*_UNREADABLE, HTTPStatus.CONFLICT)
    ),
)
def put(fleet: str, body: Annotated[FleetSpec, Body()]) -> tuple[FleetView, int]:
    """Starts and stops nothing: the next transition does."""
    if body.name != fleet:
        other = Violation("name", f"the path says {fleet}: give the same name in the body")
        raise Invalid(other, *violations(body))
    registered, is_new = put_fleet(body, caller_of(router), fleet_ports())
    described = describe_fleet(registered, fleet_ports())
    return fleet_view(described), HTTPStatus.CREATED if is_new else HTTPStatus.OK


@router.get(
    "/fleets",
    summary="List fleets, newest first",
    tags=["fleets"],
    responses=answers(FleetList, HTTPStatus.OK, refused=(HTTPStatus.UNPROCESSABLE_ENTITY,)),
)
def index(limit: Limit = 50, cursor: Cursor = None) -> FleetList:
    """A page of registrations, each with what it is meant to be now."""
    found, following = fleet_ports().fleets.list(limit, cursor)
    views = tuple(fleet_view(describe_fleet(fleet, fleet_ports())) for fleet in found)
    return FleetList(items=views, cursor=following)


@router.get(
    "/fleets/<fleet>",
    summary="Read a fleet",
    tags=["fleets"],
    responses=answers(FleetView, HTTPStatus.OK, refused=_UNREADABLE),
)
def show(fleet: str) -> FleetView:
    """Its registration, what it is meant to be now, and what comes next."""
    return fleet_view(describe_fleet(fleet_ports().fleets.get(fleet), fleet_ports()))


@router.delete(
    "/fleets/<fleet>",
    summary="Forget a fleet; starts and stops nothing",
    tags=["fleets"],
    responses=answers(None, HTTPStatus.NO_CONTENT, refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)),
)
def delete(fleet: str) -> tuple[None, int]:
    """Runs and timeline stay readable."""
    delete_fleet(fleet, caller_of(router), fleet_ports())
    return None, HTTPStatus.NO_CONTENT


@router.get(
    "/fleets/<fleet>/forecast",
    summary="The coming transitions of a fleet, each with its reason",
    tags=["fleets"],
    responses=answers(ForecastView, HTTPStatus.OK, refused=_UNREADABLE),
)
def forecast(fleet: str, from_: From = None, until: Until = None) -> ForecastView:
    """With its override; a fortnight from now, when nothing else is asked for."""
    spec = fleet_ports().fleets.get(fleet).spec
    return _forecast(spec, from_, until, stored=True)


@router.post(
    "/fleets/<fleet>/forecast",
    summary="The transitions that a fleet would have; stores nothing",
    tags=["fleets"],
    responses=answers(ForecastView, HTTPStatus.OK, refused=_UNREADABLE),
)
def try_forecast(
    fleet: str, body: Annotated[FleetSpec, Body()], from_: From = None, until: Until = None
) -> ForecastView:
    """Before anything is saved."""
    return _forecast(body, from_, until, stored=False)


def _forecast(spec: FleetSpec, begin: str | None, end: str | None, *, stored: bool) -> ForecastView:
    return forecast_view(spec, forecast_of(spec, *_range(begin, end), fleet_ports(), stored=stored))


def _range(begin: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    """Raises Invalid."""
    return moment("from", begin) if begin else None, moment("until", end) if end else None


@router.get(
    "/fleets/<fleet>/savings",
    summary="How long a fleet stood still, and what that saved",
    tags=["fleets"],
    responses=answers(SavingsView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def savings(fleet: str, from_: From = None, until: Until = None) -> SavingsView:
    """From the record of its runs, by kind and unit, with the prices that its owner gave."""
    return savings_view(report_savings(fleet, *_range(from_, until), fleet_ports()))


@router.get(
    "/fleets/<fleet>/why",
    summary="Why a resource runs or stands still",
    tags=["fleets"],
    responses=answers(WhyView, HTTPStatus.OK, refused=_UNREADABLE),
)
def explain(fleet: str, resource: Annotated[str, Len(1, 512), Query()]) -> WhyView:
    """From the record: schedule, override, last action, next transition."""
    return why_view(why(fleet, resource, fleet_ports()))
