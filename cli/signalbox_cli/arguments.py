"""Arguments and options that several commands take, and what they mean."""

from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox_cli.asking import segment
from signalbox_cli.connection import Misconfigured
from signalbox_cli.rollout_words import ENDED, Json
from signalbox_cli.session import Session

FEW = 10  # rollouts among which an open one must be: a service has one at a time

Service = Annotated[str, typer.Argument(help="The name of a registered service.")]
Version = Annotated[str, typer.Argument(help="An AMI id, or the number of a launch template version.")]
OfRollout = Annotated[str | None, typer.Argument(help="An id such as r-…; the last one without.")]
OpenRollout = Annotated[str | None, typer.Argument(help="An id such as r-…; the open one without.")]
Size = Annotated[int | None, typer.Option(min=1, help="Instances of a first rollout: nothing serves yet.")]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; it is kept in the timeline.")]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        help="Instead of the registered one: a YAML file, or YAML such as '{preset: blue-green, bake: 5m}'.",
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Watch it to its end; the exit code says how it ended.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="At most so many; a table has 50, JSON and YAML all.")
]


def with_strategy(body: dict[str, Any], strategy: str | None) -> dict[str, Any]:
    """The body with the strategy that was given, if any. Raises BadDocument."""
    if strategy is None:
        return body
    # Only who reads YAML pays for it.
    from signalbox_cli.documents import parse_document, read_object  # noqa: PLC0415

    if strategy.lstrip().startswith("{"):
        return {**body, "strategy": parse_document(strategy.encode(), "--strategy")}
    return {**body, "strategy": read_object(Path(strategy))}


def watch_to_its_end(session: Session, path: str) -> None:
    """Shows the rollout, and ends the command with the exit code that says how it ended."""
    # The live view is for those who watch.
    from signalbox_cli.watch_screen import watch_rollout  # noqa: PLC0415

    raise typer.Exit(watch_rollout(session, path))


def rollout_path(session: Session, service: str, rollout: str | None) -> str:
    """Of the named rollout, else of the service's last one."""
    if rollout is None:
        found, _ = session.items(f"/services/{segment(service)}/rollouts", 1)
        if not found:
            raise Misconfigured(f"{service} has no rollouts", "`signalbox rollouts start` begins one")
        rollout = found[0]["rollout_id"]
    return f"/services/{segment(service)}/rollouts/{segment(rollout)}"


def open_rollout_path(session: Session, service: str, rollout: str | None) -> str:
    """Of the named rollout, else of the one that has not ended; a stuck one has not."""
    if rollout is not None:
        return rollout_path(session, service, rollout)
    found, _ = session.items(f"/services/{segment(service)}/rollouts", FEW)
    for one in found:
        if one["phase"] not in ENDED - {"stuck"}:
            return rollout_path(session, service, one["rollout_id"])
    raise Misconfigured(f"{service} has no open rollout", *_last(found))


def _last(found: list[Json]) -> tuple[str, ...]:
    if not found:
        return ()
    phase = str(found[0]["phase"]).replace("_", " ")
    return (f"its last one, {found[0]['rollout_id']}, is {phase}; name a rollout to act on that one",)
