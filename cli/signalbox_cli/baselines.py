"""`signalbox baselines`: how resources of a type are meant to be."""

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from signalbox_cli.asking import segment
from signalbox_cli.connection import Misconfigured
from signalbox_cli.finding_words import in_json
from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_words import Json, caller_name
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import sentence

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Record how resources are meant to be: who differs is found.",
)
Type = Annotated[str, typer.Argument(help="A type as AWS Config names it, such as AWS::EC2::Volume.")]
Like = Annotated[str | None, typer.Option("--like", help="The id of a resource that is as it should be.")]
Field = Annotated[
    list[str] | None,
    typer.Option(
        "--field", help="With --like: this field of it, instead of the usual ones; can be repeated."
    ),
]
_File = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="Fields and their values, as YAML or JSON; - reads standard input."),
]
_WHY = typer.Option("--reason", "-m", help="Why; it is kept with the version.")
NOBODY = "; nobody compares yet: this installation has no rules in AWS Config (parameter ConfigRules)"


@app.command()
@with_session
def record(  # noqa: PLR0913 - the options of a command
    session: Session,
    resource_type: Type,
    *,
    reason: Annotated[str, _WHY],
    like: Like = None,
    field: Field = None,
    file: _File = None,
) -> None:
    """Record how resources of a type are meant to be: from one that is so, or from a file."""
    body = {"reason": reason, **_meant(like, field, file)}
    status, made = session.send("PUT", _path(resource_type), body, holds="version")
    done = "recorded" if status == HTTPStatus.CREATED else "in force"
    told = f"{resource_type}: {done}, version {made['version']}{'' if made['compared'] else NOBODY}"
    session.answer(made, lambda: Group(sentence(told), _fields(made)))


def _meant(like: str | None, fields: list[str] | None, file: Path | None) -> dict[str, object]:
    """Raises Misconfigured, BadDocument."""
    if file is not None and like is None and not fields:
        # Only who reads YAML pays for it.
        from signalbox_cli.documents import read_by_example  # noqa: PLC0415

        return {"expected": read_by_example(file, "examples/baseline.yaml")}
    if file is None and like is not None:
        return {"like": like, **({"fields": fields} if fields else {})}
    raise Misconfigured("say how they are meant to be", "give either --like RESOURCE_ID or -f FILE")


def _path(resource_type: str) -> str:
    return f"/baselines/{segment(resource_type)}"


@app.command(name="list")
@with_session
def list_baselines(session: Session) -> None:
    """List baselines: how many fields each has, since when, by whom and why."""
    found = session.ask("GET", "/baselines", holds="items")["items"]
    session.answer(found, lambda: _table(found))


def _table(baselines: Sequence[Json]) -> Table:
    table = plain_table("type", "version", "fields", "since", "by", "why")
    for each in baselines:
        fields = "ended" if each["ended"] else len(each["expected"])
        row = (each["resource_type"], each["version"], fields, each["at"][:16].replace("T", " "))
        table.add_row(*(text(cell) for cell in (*row, caller_name(each["by"]), each["reason"])))
    return table


@app.command()
@with_session
def show(session: Session, resource_type: Type) -> None:
    """Show what is expected of a type, and all versions of that."""
    found = session.ask("GET", _path(resource_type), holds="versions")

    def in_words() -> RenderableType:
        versions = [{**each, "resource_type": resource_type} for each in found["versions"]]
        expected = (
            sentence(f"{resource_type}: nothing is expected any more") if found["ended"] else _fields(found)
        )
        return Group(expected, Text(), _table(versions))

    session.answer(found, in_words)


def _fields(baseline: Json) -> Table:
    table = plain_table("field", "expected")
    for field, value in sorted(baseline["expected"].items()):
        table.add_row(text(field), text(in_json(value)))
    return table


@app.command()
@with_session
def delete(session: Session, resource_type: Type, *, reason: Annotated[str, _WHY] = "") -> None:
    """End a baseline: nothing is expected of the type any more. Its versions stay."""
    session.ask("DELETE", f"{_path(resource_type)}?{urlencode({'reason': reason})}")
    session.answer({"ended": resource_type}, lambda: sentence(f"{resource_type}: over"))
