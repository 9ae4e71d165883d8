"""`signalbox fleets`: what runs by a schedule, what comes next, and why."""

from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.console import RenderableType

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.arguments import Limit
from signalbox_cli.asking import segment
from signalbox_cli.fleet_arguments import Fleet, fleet_path, in_range, moment_option, past_option
from signalbox_cli.fleet_clock import present
from signalbox_cli.fleet_runs import lift, override, run, runs, start, stop
from signalbox_cli.fleet_savings import savings_table
from signalbox_cli.fleet_tables import FleetsTable, Forecast, fleet_table, forecast_table
from signalbox_cli.fleet_words import coming, why_sentences, zone_of
from signalbox_cli.output import warn
from signalbox_cli.plain_tables import timeline_table
from signalbox_cli.rollout_words import Json
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import sentence, sentences

FORTNIGHT = timedelta(days=14)  # what the API foretells unless it is asked for something else
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Let fleets run by a schedule, start and stop them, ask why.",
)
_FILE = typer.Option("--file", "-f", help="YAML or JSON; - reads standard input.")
_PAST = "2026-11-01, or RFC 3339; in the fleet's zone."
_MOMENTS = "22:00, tomorrow 08:00, sunday, or RFC 3339; in the fleet's zone."


@app.command()
@with_session
def apply(session: Session, file: Annotated[Path, _FILE]) -> None:
    """Register a fleet, or replace its registration. Starts and stops nothing: the next transition does."""
    body = _read(file)
    status, fleet = session.send("PUT", fleet_path(body["name"]), body, holds="name")
    done = "registered" if status == HTTPStatus.CREATED else "registration replaced"
    following = coming(fleet["next"], zone_of(fleet["zone"]), present(session)) or "nothing comes"
    session.answer(fleet, lambda: sentence(f"{fleet['name']}: {done}; {following} ({fleet['zone']})"))
    warn(fleet["warnings"])
    session.hint(f"`signalbox fleets forecast {fleet['name']}` shows what comes after that")


def _read(file: Path) -> dict[str, Any]:
    """A fleet as its owner writes it. Raises BadDocument, Misconfigured."""
    # Only who reads YAML pays for it.
    from signalbox_cli.documents import read_named  # noqa: PLC0415

    return read_named(file, "fleet", "name: qa")


@app.command(name="list")
@with_session
def list_fleets(session: Session, limit: Limit = None) -> None:
    """List fleets, what each is meant to be now and what comes next; the newest first."""
    found = session.listed("/fleets", limit)
    session.answer(found, lambda: FleetsTable(found, present(session)))


@app.command()
@with_session
def show(session: Session, fleet: Fleet) -> None:
    """Show how a fleet is meant to be and why, what comes next, and each field of its registration."""
    found = session.ask("GET", fleet_path(fleet), holds="name")
    session.answer(found, lambda: fleet_table(found, present(session)))


@app.command()
@with_session
def delete(session: Session, fleet: Fleet) -> None:
    """Forget a fleet. Nothing is started or stopped, and its runs and timeline stay readable."""
    session.ask("DELETE", fleet_path(fleet))
    session.answer({"deleted": fleet}, lambda: sentence(f"{fleet}: forgotten"))


@app.command()
@with_session
def forecast(
    session: Session,
    fleet: Annotated[str | None, typer.Argument(help="The name of a fleet; or -f.")] = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Of this file; nothing is saved.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help=f"Now without it: {_MOMENTS}")] = None,
    until: Annotated[str | None, typer.Option(help=f"A fortnight later without it: {_MOMENTS}")] = None,
) -> None:
    """List the coming transitions with their reasons, of a fleet or of a file that is not saved."""
    if (fleet is None) == (file is None):
        raise typer.BadParameter("give one of the two: the name of a fleet, or a file with -f")
    spec: Json = _read(file) if file else session.ask("GET", fleet_path(fleet or ""), holds="name")
    zone, now = str(spec.get("zone")), present(session)
    begin, end = moment_option("--from", from_, zone, now), moment_option("--until", until, zone, now)
    found, warnings = _foretold(session, spec, begin, end, saved=file is None)
    told = Forecast(
        transitions=found,
        zone=zone_of(zone),
        begin=begin or now,
        end=end or (begin or now) + FORTNIGHT,
        running=spec["now"]["state"] == "running" if begin is None and not file else None,
    )
    session.answer(found, lambda: forecast_table(told, now))
    warn(warnings)


def _foretold(
    session: Session, spec: Json, begin: datetime | None, end: datetime | None, *, saved: bool
) -> tuple[list[Json], list[str]]:
    """All transitions of a range, page by page, and what is to be said of them."""
    items: list[Json] = []
    while True:
        path = in_range(f"{fleet_path(spec['name'])}/forecast", begin, end)
        page = session.ask("GET" if saved else "POST", path, None if saved else spec, holds="items")
        items += page["items"]
        if page["next_from"] is None:
            return items, page["warnings"]
        begin = from_rfc3339(page["next_from"])


@app.command()
@with_session
def why(
    session: Session,
    fleet: Fleet,
    resource: Annotated[
        str, typer.Argument(help="As AWS calls it: i-…, the name of a group, cluster/service.")
    ],
) -> None:
    """Say why a resource runs or stands still, from the record."""
    answer = session.ask("GET", f"{fleet_path(fleet)}/why?{urlencode({'resource': resource})}", holds="state")

    def in_words() -> RenderableType:
        zone = zone_of(session.ask("GET", fleet_path(fleet), holds="name")["zone"])
        return sentences(why_sentences(answer, zone, present(session)))

    session.answer(answer, in_words)


@app.command()
@with_session
def savings(
    session: Session,
    fleet: Fleet,
    *,
    from_: Annotated[str | None, typer.Option("--from", help=f"30 days before without it: {_PAST}")] = None,
    until: Annotated[str | None, typer.Option(help=f"Now without it: {_PAST}")] = None,
) -> None:
    """Say how long a fleet stood still, by kind and size, and what that saved by the prices in its file."""
    zone = str(session.ask("GET", fleet_path(fleet), holds="name")["zone"])
    begin, end = past_option("--from", from_, zone), past_option("--until", until, zone)
    found = session.ask("GET", in_range(f"{fleet_path(fleet)}/savings", begin, end), holds="items")
    session.answer(found, lambda: savings_table(found, zone_of(zone)))
    if found["unpriced"]:
        session.hint("`prices` in the file of a fleet are per hour, such as {m5.large: 0.107}")


@app.command()
@with_session
def timeline(
    session: Session,
    fleet: Fleet,
    last: Annotated[int | None, typer.Option(min=1, help="Only the last so many entries.")] = None,
) -> None:
    """Tell everything that happened to a fleet, who did it and why, the oldest first."""
    events: list[Json] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = session.ask("GET", f"{fleet_path(fleet)}/timeline?cursor={segment(cursor)}", holds="events")
        events += page["events"]
        cursor = page["cursor"]
    shown = events[-last:] if last else events
    if not shown:
        session.hint(f"nothing has happened to a fleet {fleet}")
    session.answer(shown, lambda: timeline_table(shown))


for command in (start, stop, override, lift, runs, run):
    app.command()(command)
