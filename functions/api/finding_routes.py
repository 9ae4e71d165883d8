"""Routes of findings: what is wrong, why, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from annotated_types import Ge, Le, Len
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from bodies import Reason, VerbBody
from caller import caller_of
from finding_views import FindingList, FindingView, RemediationView, finding_view, remediation_view, undo_view
from routing import new_router
from signalbox.compliance.commands.dry_run import dry_run
from signalbox.compliance.commands.remediate import approve, reject, remediate
from signalbox.compliance.commands.undo_remediation import plan_undo, undo_remediation
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Finding, State
from signalbox.compliance.spec import Moment
from signalbox.compliance.steps.turn import get_finding
from signalbox.kernel.caller import Caller
from signalbox.kernel.fields import Closed
from signalbox.wiring import compliance_ports
from statuses import answers

router = new_router()
WHOLE = 10_000  # entries of a timeline: more than one finding ever has
Limit = Annotated[int, Ge(1), Le(100), Query()]
Cursor = Annotated[str | None, Query()]
_ANSWERS = answers(
    RemediationView,
    HTTPStatus.ACCEPTED,
    HTTPStatus.OK,
    refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
Why = Annotated[VerbBody, Body()]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediateBody(Closed):
    """Why, and whether it is only asked what would be done."""

    reason: Reason = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoFindingBody(Closed):
    """Why, until when (RFC 3339) the resource is left as it was then, a week without it and a year at most,
    and whether it is only asked what would be done."""

    reason: Annotated[str, Len(1, 500)]
    until: Moment | None = None
    dry_run: bool = False


@router.get(
    "/findings",
    summary="List findings, newest first",
    tags=["compliance"],
    responses=answers(FindingList, HTTPStatus.OK),
)
def index(
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[State | None, Query()] = None,
    rule: Annotated[str | None, Query()] = None,
) -> FindingList:
    """A page; with `state` or `rule` those of the page that are so, which may be fewer than `limit`."""
    found, following = compliance_ports().findings.list(limit, cursor)
    waves = compliance_ports().waves.get()
    wanted = [each for each in found if state in (None, each.state) and rule in (None, each.rule)]
    return FindingList(items=tuple(finding_view(each, waves) for each in wanted), cursor=following)


@router.get(
    "/findings/<id>",
    summary="Read a finding with its evidence",
    tags=["compliance"],
    responses=answers(FindingView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def show(id: str) -> FindingView:
    """What was, what was written, what is, and everything that happened."""
    ports = compliance_ports()
    finding = get_finding(id, ports)
    return finding_view(finding, ports.waves.get(), ports.findings.timeline(id, 0, WHOLE))


@router.post(
    "/findings/<id>/remediate",
    summary="Put it right now, or say what would be done",
    tags=["compliance"],
    responses=_ANSWERS,
)
def remediate_route(
    id: str,
    body: Annotated[RemediateBody, Body()] = RemediateBody(),  # noqa: B008
) -> tuple[RemediationView, int]:
    """A dry run changes nothing, here or in the estate."""
    caller, ports = caller_of(router, body.reason), compliance_ports()
    if body.dry_run:
        outlook = dry_run(id, caller.arn, ports)
        return remediation_view(outlook.finding, outlook), HTTPStatus.OK
    return _answered(remediate(id, caller, ports))


@router.post(
    "/findings/<id>/approve", summary="Agree to what it waits for", tags=["compliance"], responses=_ANSWERS
)
def approve_route(id: str, body: Why = VerbBody()) -> tuple[RemediationView, int]:  # noqa: B008
    """It is assessed again, and done when it has its turn. Not by who has asked for it."""
    return _ask(approve, id, body.reason)


@router.post("/findings/<id>/reject", summary="Leave it as it is", tags=["compliance"], responses=_ANSWERS)
def reject_route(id: str, body: Why = VerbBody()) -> tuple[RemediationView, int]:  # noqa: B008
    """Until somebody asks for it, or it is found anew. What waits for its turn may be rejected as well."""
    return _ask(reject, id, body.reason)


@router.post(
    "/findings/<id>/undo",
    summary="Undo what was put right, or say what would be done",
    tags=["compliance"],
    responses=_ANSWERS,
)
def undo_route(id: str, body: Annotated[UndoFindingBody, Body()]) -> tuple[RemediationView, int]:
    """The fields that the fix has changed are as before it then; an exception leaves them so until it ends. A
    dry run changes nothing, here or in the estate."""
    caller, ports = caller_of(router, body.reason), compliance_ports()
    if body.dry_run:
        return undo_view(plan_undo(id, body.until, ports)), HTTPStatus.OK
    return _answered(undo_remediation(id, body.until, caller, ports))


def _ask(
    verb: Callable[[str, Caller, CompliancePorts], Finding], finding_id: str, reason: str
) -> tuple[RemediationView, int]:
    return _answered(verb(finding_id, caller_of(router, reason), compliance_ports()))


def _answered(finding: Finding) -> tuple[RemediationView, int]:
    """202 while something is under way, 200 when nothing is."""
    return remediation_view(finding), HTTPStatus.ACCEPTED if finding.under_way else HTTPStatus.OK
