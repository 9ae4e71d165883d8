"""`signalbox exceptions`: what somebody has decided to leave as it is, for a while."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from signalbox_cli.asking import segment
from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_words import Json
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import sentence

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Leave something as it is: with a reason, and an end."
)
_FILE = typer.Option("--file", "-f", help="YAML or JSON; - reads standard input.")
_NAMED = ("rule", "resource", "tags", "account")


@app.command()
@with_session
def apply(session: Session, file: Annotated[Path, _FILE]) -> None:
    """Make an exception, or replace it. What is being put right already goes on."""
    # Only who reads YAML pays for it.
    from signalbox_cli.documents import read_named  # noqa: PLC0415

    body = read_named(file, "exception", "id: legacy-site")
    status, made = session.send("PUT", f"/exceptions/{segment(body['id'])}", body, holds="until")
    done = "made" if status == HTTPStatus.CREATED else "replaced"
    session.answer(made, lambda: sentence(f"{made['id']}: {done}; in force until {made['until']}"))


@app.command(name="list")
@with_session
def list_exceptions(session: Session) -> None:
    """List exceptions: what each covers, why, who answers for it, until when."""
    found = session.ask("GET", "/exceptions", holds="items")["items"]
    session.answer(found, lambda: _table(found))


def _table(exceptions: list[Json]) -> Table:
    table = plain_table("exception", "covers", "until", "owner", "why")
    for each in exceptions:
        covers = ", ".join(f"{name} {each[name]}" for name in _NAMED if each[name] is not None)
        until = each["until"] if each["in_force"] else f"{each['until']} (over)"
        table.add_row(*(text(cell) for cell in (each["id"], covers, until, each["owner"], each["reason"])))
    return table


@app.command()
@with_session
def delete(session: Session, exception: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """End an exception now: the next sweep opens again what it covered."""
    session.ask("DELETE", f"/exceptions/{segment(exception)}")
    session.answer({"deleted": exception}, lambda: sentence(f"{exception}: over"))
