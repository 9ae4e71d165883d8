"""`signalbox local`: the embedded AWS in the foreground, and what another terminal can ask of it."""

import gc
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from signalbox_cli.rollout_words import printable
from signalbox_local.state_file import AlreadyRunning, StateFolder

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The embedded AWS on this machine.")
STOPPING_SECONDS = 20.0
TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


@app.command()
def up(
    template: Annotated[Path, typer.Option(help="The SAM template to run.")] = TEMPLATE,
    parameter: Annotated[list[str] | None, typer.Option(help="KEY=VALUE for the template.")] = None,
) -> None:
    """Start, and serve until Ctrl-C or `signalbox local down`."""
    began = time.monotonic()
    folder = StateFolder()
    try:
        folder.acquire()
    except AlreadyRunning:
        _refuse(_who_runs(folder))
    # What is loaded from here to "ready" stays; looking through it for garbage costs a second.
    gc.disable()
    # Takes seconds to load: only who serves pays for it.
    from signalbox_cli.serving import CannotServe, serve  # noqa: PLC0415

    try:
        serve(folder, template, dict(_pair(text) for text in parameter or []), began)
    except CannotServe as reason:
        _refuse(str(reason))


@app.command()
def down() -> None:
    """Stop the runtime of this folder; returns when every process is gone."""
    folder = StateFolder()
    process = folder.holder()
    if process is None:
        typer.echo("no local runtime runs here")
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(process, number)
        if _await(lambda: not folder.is_held()):
            break
    folder.forget()
    typer.echo("stopped")


@app.command()
def status() -> None:
    """Show where it listens, since when, its functions and open executions."""
    state = _state()
    aws = _client_maker(state)
    functions = [function["FunctionName"] for function in aws("lambda").list_functions()["Functions"]]
    executions = list(_open_executions(aws("stepfunctions")))
    typer.echo(f"API endpoint     {state['api_url']}")
    typer.echo(f"AWS endpoint     {state['aws_endpoint']} ({state['region']}, {state['account']})")
    typer.echo(f"up since         {_uptime(state)}")
    for name, url in load_balancers(state["aws_endpoint"]):
        typer.echo(f"load balancer    {printable(name)}  {printable(url)}")
    typer.echo(f"functions        {len(functions)}: {', '.join(sorted(functions))}")
    typer.echo(f"open executions  {len(executions)}{': ' if executions else ''}{', '.join(executions)}")


@app.command()
def logs(
    function: Annotated[str, typer.Argument(help="A function's name or a part of it; all without.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Print what functions wrote, and the runtime's own log (`runtime`)."""
    positions: dict[Path, int] = {}
    try:
        while True:
            for line in _new_lines(StateFolder().logs, function, positions):
                typer.echo(line)
            if not follow:
                return
            time.sleep(0.2)
    except KeyboardInterrupt:
        return


@app.command()
def clock(
    to: Annotated[str, typer.Option(help='A moment to come: "2026-11-27T20:00 Europe/Paris".')] = "",
) -> None:
    """Print the clock of schedules and fleets, or set it forward: what it passes happens at once."""
    body = json.dumps({"to": _moment(to).isoformat()}).encode() if to else None
    url = f"{_state()['aws_endpoint']}/_signalbox/clock"
    request = Request(url, data=body, headers={"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=STOPPING_SECONDS) as answer:
            typer.echo(json.load(answer)["now"])
    except HTTPError as refused:
        _refuse(json.load(refused)["message"].removeprefix("ValueError: "))


def _moment(text: str) -> datetime:
    """A local time and its zone, or a moment with its offset."""
    written, _, zone = text.strip().partition(" ")
    try:
        moment = datetime.fromisoformat(written)
        moment = moment.replace(tzinfo=ZoneInfo(zone)) if zone else moment
    except (ValueError, ZoneInfoNotFoundError) as problem:
        _refuse(f"--to {text}: {problem}")
    if moment.tzinfo is None:
        _refuse(f'--to {text}: name the zone too, as in "2026-11-27T20:00 Europe/Paris"')
    return moment.astimezone(UTC)


def _refuse(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)


def _who_runs(folder: StateFolder) -> str:
    state = folder.read()
    if state is None:
        return "a local runtime is starting or stopping here already"
    where = f"API {state['api_url']}, AWS {state['aws_endpoint']}"
    return f"a local runtime runs here already: {where}; `signalbox local down` stops it"


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        _refuse(f"--parameter {text}: KEY=VALUE is wanted")
    return name, value


def _await(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + STOPPING_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def _state() -> dict[str, Any]:
    state = StateFolder().read()
    if state is None:
        _refuse("no local runtime is ready here; `signalbox local up` starts one")
    return state


def _client_maker(state: Mapping[str, Any]) -> Callable[[str], Any]:
    # A quarter of a second to load, which only this command needs.
    import boto3  # noqa: PLC0415

    session = boto3.Session(
        state["admin"]["access_key_id"], state["admin"]["secret_access_key"], region_name=state["region"]
    )

    def make(service: Any) -> Any:
        return session.client(service, endpoint_url=state["aws_endpoint"])

    return make


def _open_executions(stepfunctions: Any) -> Iterator[str]:
    for machine in stepfunctions.list_state_machines()["stateMachines"]:
        pages = stepfunctions.get_paginator("list_executions").paginate(
            stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING"
        )
        for page in pages:
            yield from (execution["name"] for execution in page["executions"])


def _uptime(state: Mapping[str, Any]) -> str:
    with urlopen(f"{state['aws_endpoint']}/_signalbox/health", timeout=5) as answer:
        began = datetime.fromisoformat(json.load(answer)["started_at"])
    seconds = int((datetime.now(UTC) - began).total_seconds())
    return f"{began:%Y-%m-%d %H:%M:%S} UTC ({seconds // 3600} h {seconds % 3600 // 60} min {seconds % 60} s)"


def load_balancers(aws_endpoint: str) -> Iterator[tuple[str, str]]:
    """DNS name with port, and URL, of each listener; none when the runtime carries no traffic."""
    try:
        with urlopen(f"{aws_endpoint}/_signalbox/traffic", timeout=5) as answer:
            told = json.load(answer)
    except (HTTPError, ValueError):
        return
    for name, ports in sorted(told["load_balancers"].items()):
        for port, url in sorted(ports.items()):
            yield f"{name}:{port}", url


def _new_lines(folder: Path, part: str, positions: dict[Path, int]) -> Iterator[str]:
    """Whole lines written since the last call, by file."""
    for file in sorted(folder.glob("*.log")):
        if part.lower() not in file.stem.lower():
            continue
        with file.open("rb") as log:
            log.seek(positions.get(file, 0))
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        positions[file] = positions.get(file, 0) + len(whole)
        for line in whole.decode(errors="replace").splitlines():
            yield f"{file.stem}  {printable(line)}"
