"""Routes that say how things stand, and what would become of them. They change nothing."""

from http import HTTPStatus
from typing import Annotated

from annotated_types import Ge, Le
from aws_lambda_powertools.event_handler.openapi.params import Query

from finding_views import OutlookList, outlook_view
from posture_view import PostureView, posture_view
from routing import new_router
from signalbox.compliance.commands.dry_run import dry_run_rule
from signalbox.compliance.commands.tell_posture import tell_posture
from signalbox.wiring import compliance_ports
from statuses import answers

router = new_router()
Limit = Annotated[int, Ge(1), Le(100), Query()]
Cursor = Annotated[str | None, Query()]


@router.get(
    "/posture",
    summary="Say how things stand",
    tags=["compliance"],
    responses=answers(PostureView, HTTPStatus.OK),
)
def show() -> PostureView:
    """By rule, owner and age, how soon things are put right, and of which rules there is no data."""
    ports = compliance_ports()
    return posture_view(tell_posture(ports), ports.waves.get(), ports.rules, ports.clock())


@router.get(
    "/rules/<rule>/dry-run",
    summary="Say what would become of a rule's findings",
    tags=["compliance"],
    responses=answers(OutlookList, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def would(rule: str, limit: Limit = 25, cursor: Cursor = None) -> OutlookList:
    """If nobody asked for anything: of those among the next `limit` findings. Each is looked at in AWS."""
    found, following = dry_run_rule(rule, limit, cursor, compliance_ports())
    return OutlookList(items=tuple(outlook_view(each) for each in found), cursor=following)
