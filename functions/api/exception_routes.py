"""Routes of exceptions: what somebody has decided to leave as it is."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from bodies import Reason
from caller import caller_of
from exception_views import ExceptionList, ExceptionView, exception_view
from routing import new_router
from signalbox.compliance.commands.put_exception import delete_exception, get_exception, put_exception
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
    responses=answers(
        ExceptionView,
        HTTPStatus.CREATED,
        HTTPStatus.OK,
        refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    ),
)
def put(id: str, body: Annotated[ExceptionSpec, Body()]) -> tuple[ExceptionView, int]:
    """For a while, with a reason and an owner. What is being fixed already goes on. The same again is no new
    version."""
    if body.id != id:
        raise Invalid(Violation("id", f"the path says {id}: give the same id in the body"))
    exception, is_new = put_exception(body, caller_of(router), compliance_ports())
    return exception_view(exception, _now()), HTTPStatus.CREATED if is_new else HTTPStatus.OK


@router.get(
    "/exceptions",
    summary="List exceptions",
    tags=["compliance"],
    responses=answers(ExceptionList, HTTPStatus.OK),
)
def index(deleted: Annotated[bool, Query()] = False) -> ExceptionList:  # noqa: FBT002 - a query parameter
    """Those that have ended as well; those that somebody has deleted only when asked for."""
    found = compliance_ports().exceptions.all()
    return ExceptionList(
        items=tuple(exception_view(each, _now()) for each in found if deleted or not each.is_deleted)
    )


@router.get(
    "/exceptions/<id>",
    summary="Read an exception with its versions",
    tags=["compliance"],
    responses=answers(ExceptionView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def show(id: str) -> ExceptionView:
    """Whether it is in force, and who said what since when: of one that was deleted, too."""
    ports = compliance_ports()
    return exception_view(get_exception(id, ports), _now(), ports.exceptions.versions(id))


@router.delete(
    "/exceptions/<id>",
    summary="End an exception now",
    tags=["compliance"],
    responses=answers(None, HTTPStatus.NO_CONTENT, refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)),
)
def delete(id: str, reason: Annotated[Reason, Query()] = "") -> tuple[None, int]:
    """The next sweep opens again what it covered; its versions stay."""
    delete_exception(id, caller_of(router, reason), compliance_ports())
    return None, HTTPStatus.NO_CONTENT


def _now() -> str:
    return rfc3339(compliance_ports().clock())
