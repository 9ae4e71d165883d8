"""The verbs of a rollout, as commands: on the open one of a service, or on a named one."""

from http import HTTPStatus
from typing import Annotated, Any

import typer

from signalbox_cli.arguments import OpenRollout, Reason, Service, Wait, open_rollout_path, watch_to_its_end
from signalbox_cli.asking import Refused, segment
from signalbox_cli.output import note, warn
from signalbox_cli.rollout_words import phase_name, printable
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import sentence

app = typer.Typer(add_completion=False, no_args_is_help=True)
Former = Annotated[str | None, typer.Argument(help="A version that served before; the last one without.")]
Full = Annotated[bool, typer.Option("--full", help="Leave out all that it would wait for later as well.")]


@app.command()
@with_session
def abort(
    session: Session, service: Service, rollout: OpenRollout = None, reason: Reason = "", wait: Wait = False
) -> None:
    """Send it back: traffic first, then the rest. With the rollout's id it needs no API key."""
    _act(session, "abort", (service, rollout), {"reason": reason}, wait=wait)


@app.command()
@with_session
def pause(session: Session, service: Service, rollout: OpenRollout = None, reason: Reason = "") -> None:
    """Let it stand still, at once or before its next step; guards stay armed. Needs no API key with an id."""
    _act(session, "pause", (service, rollout), {"reason": reason})


@app.command()
@with_session
def resume(
    session: Session, service: Service, rollout: OpenRollout = None, reason: Reason = "", wait: Wait = False
) -> None:
    """End a pause; what somebody else has changed is taken over."""
    _act(session, "resume", (service, rollout), {"reason": reason}, wait=wait)


@app.command()
@with_session
def promote(  # noqa: PLR0913 - the options of a command
    session: Session,
    service: Service,
    rollout: OpenRollout = None,
    *,
    reason: Reason = "",
    full: Full = False,
    wait: Wait = False,
) -> None:
    """End what it waits for, a bake or a pause. Guards are still read before every shift."""
    _act(session, "promote", (service, rollout), {"reason": reason, "full": full}, wait=wait)


@app.command()
@with_session
def retry(
    session: Session, service: Service, rollout: OpenRollout = None, reason: Reason = "", wait: Wait = False
) -> None:
    """Restore a stuck rollout again, once its cause is mended."""
    _act(session, "retry", (service, rollout), {"reason": reason}, wait=wait)


@app.command()
@with_session
def undo(
    session: Session,
    service: Service,
    version: Former = None,
    *,
    reason: Reason = "",
    wait: Wait = False,
) -> None:
    """Bring back the version that served before: an open rollout goes back, otherwise one is started."""
    body = {"reason": reason} | ({"version": version} if version else {})
    path = f"/services/{segment(service)}"
    started = session.send_once(f"{path}/undo", body, None)
    warn(started["warnings"])
    rollout_id = started["rollout_id"]
    if wait:
        watch_to_its_end(session, f"{path}/rollouts/{segment(rollout_id)}")
    session.answer(started, lambda: sentence(f"{printable(rollout_id)}: {phase_name(started)}"))


def _act(
    session: Session, verb: str, which: tuple[str, str | None], body: dict[str, Any], *, wait: bool = False
) -> None:
    path = _path(session, verb, *which)
    status, rollout = session.send("POST", f"{path}/{verb}", body, holds="phase")
    if status == HTTPStatus.OK:
        note(f"it had ended already: {verb} changes nothing")
    if wait:
        watch_to_its_end(session, path)
    session.answer(rollout, lambda: sentence(f"{printable(rollout['rollout_id'])}: {phase_name(rollout)}"))


def _path(session: Session, verb: str, service: str, rollout: str | None) -> str:
    try:
        return open_rollout_path(session, service, rollout)
    except Refused as problem:
        if problem.status == HTTPStatus.FORBIDDEN and verb in ("abort", "pause"):
            note(f"to find the open rollout takes the API key; `signalbox {verb} {service} r-…` does without")
        raise
