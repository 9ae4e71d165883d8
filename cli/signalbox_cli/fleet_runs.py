"""Start and stop fleets now or for a while, and see what became of it: commands of `signalbox fleets`."""

from typing import Annotated, Any

import typer

from signalbox.fleets.model import Power
from signalbox.kernel.clock import rfc3339
from signalbox_cli.arguments import Limit, Reason
from signalbox_cli.asking import segment
from signalbox_cli.connection import Misconfigured
from signalbox_cli.fleet_arguments import Fleet, fleet_path, moment_option
from signalbox_cli.fleet_clock import present
from signalbox_cli.fleet_run_tables import RunsTable, run_table
from signalbox_cli.fleet_words import wall, zone_of
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import sentence

Wait = Annotated[bool, typer.Option("--wait", help="Follow it to its end; the exit code says how it ended.")]
State = Annotated[Power, typer.Argument(help="What the fleet is to be instead of what its schedule says.")]
Until = Annotated[str, typer.Option(help="22:00, tomorrow 08:00, sunday, or RFC 3339; in the fleet's zone.")]
WhyNot = Annotated[str, typer.Option("--reason", "-m", help="Why; it is kept, and told to who asks.")]
OfRun = Annotated[str | None, typer.Argument(help="An id such as f-…; the last one without.")]


@with_session
def start(session: Session, fleet: Fleet, *, reason: Reason = "", wait: Wait = False) -> None:
    """Start a fleet now. It runs until its next transition stops it."""
    _switch(session, fleet, "start", reason, wait=wait)


@with_session
def stop(session: Session, fleet: Fleet, *, reason: Reason = "", wait: Wait = False) -> None:
    """Stop a fleet now. It stands still until its next transition starts it."""
    _switch(session, fleet, "stop", reason, wait=wait)


def _switch(session: Session, fleet: str, action: str, reason: str, *, wait: bool) -> None:
    path = fleet_path(fleet)
    begun = session.send_once(f"{path}/{action}", {"reason": reason}, None, holds="run_id")
    _begun(session, fleet, begun, f"{action} has begun", wait=wait)


@with_session
def override(  # noqa: PLR0913 - the options of a command
    session: Session, fleet: Fleet, state: State, *, until: Until, reason: WhyNot, wait: Wait = False
) -> None:
    """Want something else than the schedule for a while; the fleet goes back to it by itself."""
    path, now = fleet_path(fleet), present(session)
    zone = str(session.ask("GET", path, holds="name")["zone"])
    at = moment_option("--until", until, zone, now)
    assert at is not None
    body = {"state": state.value, "until": rfc3339(at), "reason": reason}
    begun = session.send_once(f"{path}/override", body, None, holds="run_id")
    told = f"{state} until {wall(body['until'], zone_of(zone), now)} ({zone})"
    _begun(session, fleet, begun, told, wait=wait)


@with_session
def lift(session: Session, fleet: Fleet, *, wait: Wait = False) -> None:
    """End an override now: the fleet goes back to its schedule."""
    begun = session.ask("DELETE", f"{fleet_path(fleet)}/override", holds="run_id")
    _begun(session, fleet, begun, "back to its schedule", wait=wait)


def _begun(session: Session, fleet: str, begun: Any, told: str, *, wait: bool) -> None:
    run_id = begun["run_id"]
    if wait:
        # The live view is for those who watch.
        from signalbox_cli.fleet_watch import watch_run  # noqa: PLC0415

        raise typer.Exit(watch_run(session, fleet_path(fleet), segment(run_id)))
    session.answer(begun, lambda: sentence(f"{fleet}: {told}, {run_id}"))
    session.hint(f"`signalbox fleets run {fleet} {run_id}` shows what becomes of it")


@with_session
def runs(session: Session, fleet: Fleet, limit: Limit = None) -> None:
    """List the times that a fleet was started or stopped, the newest first."""
    found = session.listed(f"{fleet_path(fleet)}/runs", limit)
    session.answer(found, lambda: RunsTable(found))


@with_session
def run(session: Session, fleet: Fleet, run_id: OfRun = None) -> None:
    """Show what became of each resource in a run, by outcome and reason."""
    path = f"{fleet_path(fleet)}/runs"
    found = session.ask("GET", f"{path}/{segment(run_id or _last(session, fleet, path))}", holds="resources")
    session.answer(found, lambda: run_table(found))


def _last(session: Session, fleet: str, path: str) -> str:
    found, _ = session.items(path, 1)
    if not found:
        raise Misconfigured(
            f"{fleet} has no runs", "its next transition, or `signalbox fleets start`, begins one"
        )
    return str(found[0]["run_id"])
