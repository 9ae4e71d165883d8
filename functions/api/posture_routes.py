"""The route that says how things stand."""

from http import HTTPStatus

from posture_view import PostureView, posture_view
from routing import new_router
from signalbox.compliance.decisions.posture import posture
from signalbox.wiring import compliance_ports
from statuses import answers

router = new_router()


@router.get(
    "/posture",
    summary="Say how things stand",
    tags=["compliance"],
    responses=answers(PostureView, HTTPStatus.OK),
)
def show() -> PostureView:
    """By rule, owner and age, and how soon things are put right."""
    ports = compliance_ports()
    now = ports.clock()
    return posture_view(posture(ports.findings.all(), now), ports.waves.get(), ports.rules, now)
