"""`signalbox services`: registrations, and what a rollout of one would do."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer

from signalbox_cli.arguments import Limit, Service, Size, Strategy, Version, with_strategy
from signalbox_cli.asking import segment
from signalbox_cli.output import warn
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import plan_table, registration, sentence, services_table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Register services, and see what a rollout would do."
)


@app.command()
@with_session
def apply(
    session: Session,
    file: Annotated[Path, typer.Option("--file", "-f", help="YAML or JSON; - reads standard input.")],
) -> None:
    """Register a service, or replace its registration. Reads AWS, changes nothing there."""
    # Only this command pays for YAML.
    from signalbox_cli.documents import read_named  # noqa: PLC0415

    body = read_named(file, "service", "name: checkout")
    status, service = session.send("PUT", f"/services/{segment(body['name'])}", body, holds="name")
    done = "registered" if status == HTTPStatus.CREATED else "registration replaced"
    session.answer(service, lambda: sentence(f"{service['name']}: {done}"))
    warn(service["warnings"])


@app.command(name="list")
@with_session
def list_services(session: Session, limit: Limit = None) -> None:
    """List the registered services, the newest first."""
    found = session.listed("/services", limit)
    session.answer(found, lambda: services_table(found))


@app.command()
@with_session
def show(session: Session, service: Service) -> None:
    """Show one registration, each field."""
    found = session.ask("GET", f"/services/{segment(service)}", holds="name")
    session.answer(found, lambda: registration(found))


@app.command()
@with_session
def delete(session: Session, service: Service) -> None:
    """Forget a registration. Nothing changes in AWS, and its rollouts stay readable."""
    session.ask("DELETE", f"/services/{segment(service)}")
    session.answer({"deleted": service}, lambda: sentence(f"{service}: forgotten"))


@app.command()
@with_session
def plan(
    session: Session, service: Service, version: Version, *, strategy: Strategy = None, size: Size = None
) -> None:
    """Say what a rollout would do: steps, every AWS write, warnings. Changes nothing."""
    body = with_strategy({"version": version, **({"size": size} if size else {})}, strategy)
    found = session.ask("POST", f"/services/{segment(service)}/plan", body, holds="steps")
    session.answer(found, lambda: plan_table(found))
    session.hint(f"`signalbox rollouts start {service} {version}` begins it")
