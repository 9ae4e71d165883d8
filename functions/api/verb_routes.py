"""Routes of the verbs. 202 while the rollout is open, 200 and unchanged when it has ended."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from bodies import PromoteBody, VerbBody
from caller import caller_of
from idempotency import Answer, once
from rollout_views import RolloutView, rollout_view
from routing import new_router
from signalbox.kernel.caller import Caller
from signalbox.rollouts.commands import abort, pause, promote, resume, retry
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout
from signalbox.wiring import ports
from statuses import answers

router = new_router()
_PATH = "/services/<service>/rollouts/<rollout_id>"
_ANSWERS = answers(
    RolloutView,
    HTTPStatus.ACCEPTED,
    HTTPStatus.OK,
    refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
Verb = Callable[[str, str, Caller, Ports], Rollout]
Why = Annotated[VerbBody, Body()]


@router.post(f"{_PATH}/abort", summary="Send it back", tags=["verbs"], responses=_ANSWERS)
def abort_route(service: str, rollout_id: str, body: Why = VerbBody()) -> tuple[RolloutView, int]:  # noqa: B008
    """Traffic goes back to stable at once; nothing running is a no-op."""
    return _ask(abort.abort, service, rollout_id, body.reason)


@router.post(f"{_PATH}/pause", summary="Let it stand still", tags=["verbs"], responses=_ANSWERS)
def pause_route(service: str, rollout_id: str, body: Why = VerbBody()) -> tuple[RolloutView, int]:  # noqa: B008
    """At once while it bakes, otherwise before the next step. Guards stay armed."""
    return _ask(pause.pause, service, rollout_id, body.reason)


@router.post(f"{_PATH}/resume", summary="End a pause", tags=["verbs"], responses=_ANSWERS)
def resume_route(service: str, rollout_id: str, body: Why = VerbBody()) -> tuple[RolloutView, int]:  # noqa: B008
    """What is left of a bake goes on; a foreign change is taken over."""
    return _ask(resume.resume, service, rollout_id, body.reason)


@router.post(f"{_PATH}/retry", summary="Restore a stuck rollout again", tags=["verbs"], responses=_ANSWERS)
def retry_route(service: str, rollout_id: str, body: Why = VerbBody()) -> tuple[RolloutView, int]:  # noqa: B008
    """Only for a stuck rollout."""
    return _ask(retry.retry, service, rollout_id, body.reason)


@router.post(f"{_PATH}/promote", summary="End the hold", tags=["verbs"], responses=_ANSWERS)
def promote_route(
    service: str,
    rollout_id: str,
    body: Annotated[PromoteBody, Body()] = PromoteBody(),  # noqa: B008
) -> tuple[RolloutView, int]:
    """`full` leaves out all holds that follow; guards are still read before every shift."""

    def verb(service: str, rollout_id: str, caller: Caller, given: Ports) -> Rollout:
        return promote.promote(service, rollout_id, caller, given, full=body.full)

    return _ask(verb, service, rollout_id, body.reason)


def _ask(verb: Verb, service: str, rollout_id: str, reason: str) -> tuple[RolloutView, int]:
    def act() -> Answer:
        verb(service, rollout_id, caller_of(router, reason), ports())
        return {}

    once(router, act)
    rollout, signals = ports().rollouts.load(service, rollout_id)
    status = HTTPStatus.OK if rollout.phase.is_final else HTTPStatus.ACCEPTED
    return rollout_view(rollout, signals), status
