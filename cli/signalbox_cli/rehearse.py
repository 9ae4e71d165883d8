"""`signalbox rehearse`: a rollout on this machine, with real traffic, before it is run."""

from pathlib import Path
from typing import Annotated, Literal

import typer

SPEED = 20.0
FASTEST = 600.0


def rehearse(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    file: Annotated[Path, typer.Option("--file", "-f", help="The service, YAML or JSON.")],
    world: Annotated[Path, typer.Option("--world", "-w", help="How versions behave and who asks.")],
    version: Annotated[
        str | None, typer.Option(help="Another version of the world than its candidate.")
    ] = None,
    strategy: Annotated[str | None, typer.Option(help="A preset instead of the service's strategy.")] = None,
    speed: Annotated[
        float, typer.Option(min=1, max=FASTEST, help="How much faster bakes and alarms go.")
    ] = SPEED,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed than the world's.")] = None,
    compare: Annotated[str, typer.Option(help="Presets, one after the other: canary,blue-green.")] = "",
    report: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.")] = None,
    output: Annotated[
        Literal["table", "json"], typer.Option("--output", "-o", help="json: for machines, on stdout.")
    ] = "table",
) -> None:
    """Try a rollout on this machine, with real traffic, before it is run.

    Exit codes: 0 it ended well, 1 it went back, 2 an invariant was broken or it could not be rehearsed.
    """
    # Takes a second to load: only who rehearses pays for it.
    from signalbox_local.rehearsal.command import Request, run  # noqa: PLC0415
    from signalbox_local.rehearsal.script import Wishes  # noqa: PLC0415

    presets = tuple(name.strip() for name in compare.split(",") if name.strip())
    if presets and strategy:
        raise typer.BadParameter("give either --strategy or --compare", param_hint="--compare")
    wishes = Wishes(version=version, preset=strategy, speed=speed, seed=seed)
    request = Request(file=file, world=world, wishes=wishes, presets=presets, report=report, output=output)
    raise typer.Exit(run(request))
