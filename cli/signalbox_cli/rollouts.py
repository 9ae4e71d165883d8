"""`signalbox rollouts`: start them, watch them, read what happened."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from signalbox_cli.arguments import (
    Limit,
    OfRollout,
    Reason,
    Service,
    Size,
    Strategy,
    Version,
    Wait,
    rollout_path,
    watch_to_its_end,
    with_strategy,
)
from signalbox_cli.asking import segment
from signalbox_cli.following import Follower
from signalbox_cli.output import warn
from signalbox_cli.rollout_view import rollout_view, timeline_table
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import RolloutsTable, sentence

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Start rollouts, watch them, read what happened."
)


@app.command()
@with_session
def start(  # noqa: PLR0913 - the options of a command
    session: Session,
    service: Service,
    version: Version,
    *,
    reason: Reason = "",
    strategy: Strategy = None,
    sequence: Annotated[
        int | None, typer.Option(min=0, help="Orders your requests: a lower one than the last is refused.")
    ] = None,
    override: Annotated[
        str, typer.Option(help="Why a strategy is run that does not suit the service; kept in the timeline.")
    ] = "",
    size: Size = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key again, within a day, does not start a second one.")
    ] = None,
    wait: Wait = False,
) -> None:
    """Bring a service to a version."""
    body: dict[str, Any] = {"version": version, "reason": reason}
    if override:
        body["override"] = override
    if size is not None:
        body["size"] = size
    if sequence is not None:
        body["sequence"] = sequence
    path = f"/services/{segment(service)}/rollouts"
    started = session.send_once(path, with_strategy(body, strategy), idempotency_key)
    rollout_id = started["rollout_id"]
    warn(started["warnings"])
    if wait:
        watch_to_its_end(session, f"{path}/{segment(rollout_id)}")
    session.answer(started, lambda: sentence(f"{rollout_id}: {started['phase']}"))
    session.hint(
        f"`signalbox rollouts watch {service}` shows how it goes, `signalbox abort {service}` stops it"
    )


@app.command(name="list")
@with_session
def list_rollouts(session: Session, service: Service, limit: Limit = None) -> None:
    """List the rollouts of a service, the newest first."""
    found = session.listed(f"/services/{segment(service)}/rollouts", limit)
    session.answer(found, lambda: RolloutsTable(found))


@app.command()
@with_session
def show(session: Session, service: Service, rollout: OfRollout = None) -> None:
    """Show where a rollout stands: phase and why, steps, traffic, capacity, guards, the last entries."""
    seen = Follower(session.api, rollout_path(session, service, rollout)).look(health=True)
    now = datetime.now(UTC)
    session.answer(seen.rollout, lambda: rollout_view(seen.rollout, seen.events, now), framed=True)


@app.command()
@with_session
def watch(session: Session, service: Service, rollout: OfRollout = None) -> None:
    """Watch a rollout to its end, through lost connections; the exit code says how it ended."""
    watch_to_its_end(session, rollout_path(session, service, rollout))


@app.command()
@with_session
def timeline(
    session: Session,
    service: Service,
    rollout: OfRollout = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only the last so many entries.")] = None,
) -> None:
    """Tell everything that happened, who did it and why, the oldest first."""
    seen = Follower(session.api, rollout_path(session, service, rollout)).look()
    events = list(seen.events[-last:] if last else seen.events)
    session.answer(events, lambda: timeline_table(events, seen.rollout, seen.events[0]["at"]))
