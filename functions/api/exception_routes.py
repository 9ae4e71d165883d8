"""Routes of exceptions: what somebody has decided to leave as it is."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from caller import caller_of
from finding_views import ExceptionList, ExceptionView, exception_view
from routing import new_router
from signalbox.compliance.commands.put_exception import put_exception
from signalbox.compliance.record import Excepted
from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Invalid, Violation
from signalbox.wiring import compliance_ports
from statuses import answers

router = new_router()


@router.put(
    "/exceptions/<id>",
    summary="Decide to leave something as it is",
    tags=["compliance"],
    responses=answers(ExceptionView, HTTPStatus.CREATED, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def put(id: str, body: Annotated[ExceptionSpec, Body()]) -> tuple[ExceptionView, int]:
    """For a while, with a reason and an owner. What is being fixed already goes on."""
    if body.id != id:
        raise Invalid(Violation("id", f"the path says {id}: give the same id in the body"))
    exception, is_new = put_exception(body, caller_of(router), compliance_ports())
    return _view(exception), HTTPStatus.CREATED if is_new else HTTPStatus.OK


@router.get(
    "/exceptions",
    summary="List exceptions",
    tags=["compliance"],
    responses=answers(ExceptionList, HTTPStatus.OK),
)
def index() -> ExceptionList:
    """Those that have ended as well."""
    return ExceptionList(items=tuple(_view(each) for each in compliance_ports().exceptions.all()))


@router.get(
    "/exceptions/<id>",
    summary="Read an exception",
    tags=["compliance"],
    responses=answers(ExceptionView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def show(id: str) -> ExceptionView:
    """Whether it is in force, too."""
    return _view(compliance_ports().exceptions.get(id))


@router.delete(
    "/exceptions/<id>",
    summary="End an exception now",
    tags=["compliance"],
    responses=answers(None, HTTPStatus.NO_CONTENT, refused=(HTTPStatus.NOT_FOUND,)),
)
def delete(id: str) -> tuple[None, int]:
    """The next sweep opens again what it covered."""
    compliance_ports().exceptions.delete(id)
    return None, HTTPStatus.NO_CONTENT


def _view(exception: Excepted) -> ExceptionView:
    return exception_view(exception, rfc3339(compliance_ports().clock()))
