"""`signalbox exceptions`: what somebody has decided to leave as it is, for a while."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from signalbox_cli.asking import Tampered, segment
from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_words import Json, caller_name
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import sentence

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Leave something as it is: with a reason, and an end."
)
_FILE = typer.Option("--file", "-f", help="YAML or JSON; - reads standard input.")
Id = Annotated[str, typer.Argument(help="Its id, such as legacy-site.")]
_ALL = typer.Option("--all", help="Those that are over, or were deleted, as well.")
_WHY = typer.Option("--reason", "-m", help="Why; it is kept with the version.")
_NAMED = ("rule", "resource", "tags", "account")
_COLUMNS = (
    "version", "deleted", "at", "by", "rule", "resource", "tags", "account", "until", "owner", "reason",
)  # fmt: skip


@app.command()
@with_session
def apply(session: Session, file: Annotated[Path, _FILE]) -> None:
    """Make an exception, or replace it. What is being put right already goes on."""
    # Only who reads YAML pays for it.
    from signalbox_cli.documents import read_named  # noqa: PLC0415

    body = read_named(file, "exception", "id: legacy-site")
    made = session.ask("PUT", _path(body["id"]), body, holds="until")
    told = f"{made['id']}: in force until {made['until']}, version {made['version']}"
    session.answer(made, lambda: sentence(told))


def _path(exception: str) -> str:
    return f"/exceptions/{segment(exception)}"


@app.command(name="list")
@with_session
def list_exceptions(session: Session, *, ended: Annotated[bool, _ALL] = False) -> None:
    """List exceptions in force: what each covers, why, who answers for it, until when."""
    found = _every(session) if ended else session.ask("GET", "/exceptions", holds="items")["items"]
    shown = [each for each in found if ended or each["in_force"]]
    session.answer(shown, lambda: _table(shown))


def _every(session: Session) -> list[Json]:
    return list(session.ask("GET", "/exceptions?deleted=true", holds="items")["items"])


def _table(exceptions: Sequence[Json]) -> Table:
    table = plain_table("exception", "covers", "until", "owner", "why")
    for each in exceptions:
        row = (each["id"], _covered(each), _until(each), each["owner"], each["reason"])
        table.add_row(*(text(cell) for cell in row))
    return table


def _covered(by: Json) -> str:
    return ", ".join(f"{name} {by[name]}" for name in _NAMED if by[name] is not None)


def _until(exception: Json) -> str:
    how = "deleted" if exception["deleted"] else "" if exception["in_force"] else "over"
    return f"{exception['until']} ({how})" if how else str(exception["until"])


@app.command()
@with_session
def show(session: Session, exception: Id) -> None:
    """Show an exception, and who said what since when: all versions, of one that was deleted as well."""
    found = session.ask("GET", _path(exception), holds="versions")

    def in_words() -> RenderableType:
        return Group(_table([found]), Text(), _versions(found["versions"]))

    session.answer(found, in_words)


def _versions(versions: Sequence[Json]) -> Table:
    table = plain_table("version", "since", "by", "covers", "until", "owner", "why")
    for each in versions:
        covered = "deleted" if each["deleted"] else _covered(each)
        row = (each["version"], each["at"][:16].replace("T", " "), caller_name(each["by"]), covered)
        table.add_row(*(text(cell) for cell in (*row, each["until"], each["owner"], each["reason"])))
    return table


@app.command()
@with_session
def export(session: Session) -> None:
    """Export all versions of all exceptions, as CSV, or whole with -o json. Fails when one is missing."""
    # Only who exports pays for it.
    from signalbox_cli.evidence_rows import csv_of  # noqa: PLC0415

    found = [session.ask("GET", _path(each["id"]), holds="versions") for each in _every(session)]
    rows = [
        (each["id"], *(version[name] for name in _COLUMNS)) for each in found for version in each["versions"]
    ]
    session.answer(found, lambda: Text(csv_of(("exception", *_COLUMNS), rows).rstrip("\n")))
    broken = [each["id"] for each in found if not _is_whole(each)]
    if broken:
        raise Tampered(f"versions of {', '.join(broken)} are missing: somebody has deleted them")


def _is_whole(exception: Json) -> bool:
    """Whether all versions are there, from the first to the latest, which may be newer than what was read
    before them."""
    numbers = [version["version"] for version in exception["versions"]]
    latest = max([exception["version"], *numbers])
    return numbers == list(range(latest, 0, -1))


@app.command()
@with_session
def delete(session: Session, exception: Id, *, reason: Annotated[str, _WHY] = "") -> None:
    """End an exception now: the next sweep opens again what it covered. Its versions stay."""
    session.ask("DELETE", f"{_path(exception)}?{urlencode({'reason': reason})}")
    session.answer({"deleted": exception}, lambda: sentence(f"{exception}: over"))
