"""Routes of services and of plans."""

from http import HTTPStatus
from typing import Annotated

from annotated_types import Ge, Le
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from bodies import PlanBody
from caller import caller_of
from plan_views import PlanView, plan_view
from routing import new_router
from service_views import ServiceList, ServiceView, service_view
from signalbox.kernel.errors import Invalid, Violation
from signalbox.rollouts.commands.plan_rollout import plan_rollout
from signalbox.rollouts.commands.put_service import put_service
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.validation import violations
from signalbox.wiring import ports
from statuses import answers

router = new_router()
Limit = Annotated[int, Ge(1), Le(100), Query()]
Cursor = Annotated[str | None, Query()]


@router.put(
    "/services/<service>",
    summary="Register a service, or replace its registration",
    tags=["services"],
    responses=answers(
        ServiceView,
        HTTPStatus.CREATED,
        HTTPStatus.OK,
        refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
)
def put(service: str, body: Annotated[ServiceSpec, Body()]) -> tuple[ServiceView, int]:
    """Reads AWS, changes nothing there."""
    if body.name != service:
        other = Violation("name", f"the path says {service}: give the same name in the body")
        raise Invalid(other, *violations(body))
    registered, is_new = put_service(body, caller_of(router), ports())
    return service_view(registered), HTTPStatus.CREATED if is_new else HTTPStatus.OK


@router.get(
    "/services",
    summary="List services, newest first",
    tags=["services"],
    responses=answers(ServiceList, HTTPStatus.OK),
)
def index(limit: Limit = 50, cursor: Cursor = None) -> ServiceList:
    """A page of registrations."""
    found, following = ports().services.list(limit, cursor)
    return ServiceList(items=tuple(service_view(service) for service in found), cursor=following)


@router.get(
    "/services/<service>",
    summary="Read a service",
    tags=["services"],
    responses=answers(ServiceView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def show(service: str) -> ServiceView:
    """One registration."""
    return service_view(ports().services.get(service))


@router.delete(
    "/services/<service>",
    summary="Forget a registration; rollouts stay readable",
    tags=["services"],
    responses=answers(None, HTTPStatus.NO_CONTENT, refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)),
)
def delete(service: str) -> tuple[None, int]:
    """409 while a rollout is open."""
    ports().services.delete(service)
    return None, HTTPStatus.NO_CONTENT


@router.post(
    "/services/<service>/plan",
    summary="Say what a rollout would do; makes no write",
    tags=["services"],
    responses=answers(
        PlanView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
    ),
)
def plan(service: str, body: Annotated[PlanBody, Body()]) -> PlanView:
    """Steps, writes, what is created and removed, and what is to be warned of."""
    return plan_view(plan_rollout(service, body.version, body.strategy, ports(), size=body.size))
